using PluginNode.Conformance.Fakes;
using PluginNode.Storage;
using Laws = PluginNode.Conformance.RecordStoreConformance;

namespace PluginNode.Conformance.Tests;

/// <summary>A law that no broken store can fail is no law.</summary>
[TestFixture]
public sealed class BrokenStoreTests
{
    private static readonly (Type Store, string Law)[] Broken =
    [
        (typeof(LateStore), nameof(Laws.Append_ThenReopen_KeepsOrderAndContent)),
        (typeof(LateStore), nameof(Laws.Commit_WhenItCompletes_CanBeReadAtOnce)),
        (typeof(LateStore), nameof(Laws.Dispose_WhileCommitting_KeepsWhatWasCommitted)),
        (typeof(TearingStore), nameof(Laws.Commit_ManyAtOnce_AllAreKept)),
        (typeof(HoardingStore), nameof(Laws.Remove_ThenReopen_IsGone)),
        (typeof(HoardingStore), nameof(Laws.Remove_TwiceOrUnknown_IsIgnored)),
        (typeof(HoardingStore), nameof(Laws.Commit_AppendThenRemoveWithoutWaiting_IsRemoved)),
        (typeof(ReversingStore), nameof(Laws.Append_ThenReopen_KeepsOrderAndContent)),
        (typeof(SortingStore), nameof(Laws.Commit_WhenItCompletes_CanBeReadAtOnce)),
        (typeof(TrustingStore), nameof(Laws.Open_KeysDoNotMatch_FailsWithThatError_AndLeavesEverything)),
        (typeof(ForgetfulStore), nameof(Laws.Open_LastSequence_CountsRemovedRecords)),
        (typeof(CuttingStore), nameof(Laws.Body_OfAnySize_ComesBack)),
        (typeof(GreedyStore), nameof(Laws.Compact_KeepsWhatIsNotRemoved)),
        (typeof(SulkingStore), nameof(Laws.Commit_MediumIsFull_SaysSoAndGoesOnLater)),
        (typeof(StutteringStore), nameof(Laws.Crash_AtEachStep_KeepsWhatWasCommittedAndNoPartOfABatch)),
        (typeof(LateStore), nameof(Laws.Crash_AtEachStep_KeepsWhatWasCommittedAndNoPartOfABatch)),
        (typeof(ForgivingStore), nameof(Laws.Quarantine_RemovesTheRecord)),
    ];

    public static IEnumerable<TestCaseData> Cases => Broken.Select(b => new TestCaseData(b.Store, b.Law));

    public static IEnumerable<string> AllLaws => LawRunner.LawsOf(typeof(Laws));

    [TestCaseSource(nameof(Cases))]
    public async Task Law_BrokenStore_Fails(Type store, string law)
    {
        var create = () => Prepared(medium => (IRecordStore)Activator.CreateInstance(store, medium)!);
        var reason = await LawRunner.BreakAsync(create, typeof(Laws), law);
        TestContext.Out.WriteLine(reason);
        Assert.That(reason, Is.Not.Null);
    }

    [TestCaseSource(nameof(AllLaws))]
    public async Task Law_Reference_Holds(string law)
    {
        var create = () => Prepared(medium => new MemoryRecordStore(medium));
        Assert.That(await LawRunner.BreakAsync(create, typeof(Laws), law), Is.Null);
    }

    [TestCaseSource(nameof(AllLaws))]
    public void Law_HasAStoreThatBreaksIt(string law) => Assert.That(Broken.Select(b => b.Law), Does.Contain(law));

    private static Fixture Prepared(Func<MemoryMedium, IRecordStore> create)
    {
        var fixture = new Fixture(create);
        fixture.Prepare();
        return fixture;
    }

    // Made by the test above only: NUnit itself finds no argument to make it with.
    [TestFixtureSource(nameof(None))]
    private sealed class Fixture(Func<MemoryMedium, IRecordStore> create) : Laws
    {
        public static readonly Func<MemoryMedium, IRecordStore>[] None = [];

        private MemoryMedium _medium = new();

        public void Prepare() => PrepareMedium();

        protected override void PrepareMedium() => _medium = new MemoryMedium();

        protected override IRecordStore Create() => create(_medium);

        // The broken ones know by themselves when they are full.
        protected override bool SetFull(IRecordStore store, bool full) => store is SulkingStore;

        protected override IRecordStore? CreateCrashing(int step)
        {
            if (Create() is not PassingStore store) return null;
            store.CrashAtWrite = step;
            return store;
        }
    }
}
