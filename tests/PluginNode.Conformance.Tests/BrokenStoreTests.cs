using PluginNode.Conformance.Fakes;
using PluginNode.Storage;

namespace PluginNode.Conformance.Tests;

/// <summary>A law that no broken store can fail is no law.</summary>
[TestFixture]
public sealed class BrokenStoreTests
{
    [TestCase(typeof(LateStore), nameof(RecordStoreConformance.Append_ThenReopen_KeepsOrderAndContent))]
    [TestCase(typeof(LateStore), nameof(RecordStoreConformance.Commit_WhenItCompletes_CanBeReadAtOnce))]
    [TestCase(typeof(LateStore), nameof(RecordStoreConformance.Dispose_WhileCommitting_KeepsWhatWasCommitted))]
    [TestCase(typeof(TearingStore), nameof(RecordStoreConformance.Commit_ManyAtOnce_AllAreKept))]
    [TestCase(typeof(HoardingStore), nameof(RecordStoreConformance.Remove_ThenReopen_IsGone))]
    [TestCase(typeof(HoardingStore), nameof(RecordStoreConformance.Remove_TwiceOrUnknown_IsIgnored))]
    [TestCase(typeof(HoardingStore), nameof(RecordStoreConformance.Commit_AppendThenRemoveWithoutWaiting_IsRemoved))]
    [TestCase(typeof(ReversingStore), nameof(RecordStoreConformance.Append_ThenReopen_KeepsOrderAndContent))]
    [TestCase(typeof(SortingStore), nameof(RecordStoreConformance.Commit_WhenItCompletes_CanBeReadAtOnce))]
    [TestCase(typeof(TrustingStore),
        nameof(RecordStoreConformance.Open_KeysDoNotMatch_FailsWithThatError_AndLeavesEverything))]
    [TestCase(typeof(ForgetfulStore), nameof(RecordStoreConformance.Open_LastSequence_CountsRemovedRecords))]
    public async Task Law_BrokenStore_Fails(Type store, string law)
    {
        var create = () => Prepared(medium => (IRecordStore)Activator.CreateInstance(store, medium)!);
        Assert.That(await LawRunner.BreakAsync(create, typeof(RecordStoreConformance), law), Is.Not.Null);
    }

    [Test]
    public async Task Law_StoreThatPassesEverythingOn_Holds()
    {
        var create = () => Prepared(medium => new MemoryRecordStore(medium));
        foreach (var law in LawRunner.LawsOf(typeof(RecordStoreConformance)))
            Assert.That(await LawRunner.BreakAsync(create, typeof(RecordStoreConformance), law), Is.Null, law);
    }

    private static Fixture Prepared(Func<MemoryMedium, IRecordStore> create)
    {
        var fixture = new Fixture(create);
        fixture.Prepare();
        return fixture;
    }

    // Made by the test above only: NUnit itself finds no argument to make it with.
    [TestFixtureSource(nameof(None))]
    private sealed class Fixture(Func<MemoryMedium, IRecordStore> create) : RecordStoreConformance
    {
        public static readonly Func<MemoryMedium, IRecordStore>[] None = [];

        private MemoryMedium _medium = new();

        public void Prepare() => PrepareMedium();

        protected override void PrepareMedium() => _medium = new MemoryMedium();

        protected override IRecordStore Create() => create(_medium);
    }
}
