using PluginNode.Plugins;
using Laws = PluginNode.Conformance.PluginConformance;

namespace PluginNode.Conformance.Tests;

/// <summary>A law that no broken plugin can fail is no law. What is compiled into this assembly carries no attribute
/// and knows the kit: that is broken too.</summary>
[TestFixture]
public sealed class BrokenPluginTests
{
    private static readonly (Type Plugin, string Law)[] Broken =
    [
        (typeof(SoundPlugin), nameof(Laws.Manifest_NamesThePublicEntry)),
        (typeof(SoundPlugin), nameof(Laws.References_AreTheContractsOnly)),
        (typeof(EmptyPlugin), nameof(Laws.Configure_SoundSettings_ProvidesAContract)),
        (typeof(LenientPlugin), nameof(Laws.Configure_UnknownKey_IsRefusedByName)),
        (typeof(ShallowPlugin), nameof(Laws.Configure_UnknownKey_IsRefusedByName)),
        (typeof(VaguePlugin), nameof(Laws.Configure_UnknownKey_IsRefusedByName)),
        (typeof(LenientPlugin), nameof(Laws.Configure_WrongType_IsRefusedByName)),
        (typeof(VaguePlugin), nameof(Laws.Configure_WrongType_IsRefusedByName)),
        (typeof(GrudgingPlugin), nameof(Laws.Configure_SeveralProblems_AllAreToldAtOnce)),
        (typeof(WritingPlugin), nameof(Laws.Configure_AndConstruct_TouchNothing)),
        (typeof(EarlyPlugin), nameof(Laws.Configure_AndConstruct_TouchNothing)),
        (typeof(FussyPlugin), nameof(Laws.Stop_NeverStarted_DoesNothing)),
        (typeof(FussyPlugin), nameof(Laws.Stop_Twice_DoesNothing)),
        (typeof(LitteringPlugin), nameof(Laws.Start_Fails_LeavesNothing)),
        (typeof(RudePlugin), nameof(Laws.Start_Fails_LeavesNothing)),
        (typeof(HoardingPlugin), nameof(Laws.Start_Fails_LeavesNothing)),
        (typeof(HoardingPlugin), nameof(Laws.Stop_Completed_NothingGoesOn)),
        (typeof(ClingingPlugin), nameof(Laws.Unload_UsedAndStopped_NothingStays)),
    ];

    public static IEnumerable<TestCaseData> Cases => Broken.Select(b => new TestCaseData(b.Plugin, b.Law));

    public static IEnumerable<string> AllLaws => LawRunner.LawsOf(typeof(Laws));

    public static IEnumerable<string> LawsHere => AllLaws.Except(
        [nameof(Laws.Manifest_NamesThePublicEntry), nameof(Laws.References_AreTheContractsOnly)]);

    [TestCaseSource(nameof(Cases))]
    public async Task Law_BrokenPlugin_Fails(Type plugin, string law)
    {
        var reason = await BreakAsync(SoundPlugin.CaseOf(plugin), law);
        TestContext.Out.WriteLine(reason);
        Assert.That(reason, Is.Not.Null);
    }

    [TestCaseSource(nameof(LawsHere))]
    public async Task Law_SoundPlugin_Holds(string law) =>
        Assert.That(await BreakAsync(SoundPlugin.CaseOf(typeof(SoundPlugin)), law), Is.Null);

    [TestCaseSource(nameof(AllLaws))]
    public void Law_HasAPluginThatBreaksIt(string law) => Assert.That(Broken.Select(b => b.Law), Does.Contain(law));

    [Test]
    public async Task Unload_NeedsARestart_IsIgnored()
    {
        var restart = SoundPlugin.CaseOf(typeof(ClingingPlugin)) with { Unload = UnloadSupport.Restart };
        Assert.That(await BreakAsync(restart, nameof(Laws.Unload_UsedAndStopped_NothingStays)), Is.Null);
    }

    private static async Task<string?> BreakAsync(PluginCase plugin, string law)
    {
        Fixture? fixture = null;
        try
        {
            return await LawRunner.BreakAsync(() => fixture = Fixture.Prepared(plugin), typeof(Laws), law);
        }
        finally
        {
            if (fixture is not null) await fixture.ReleaseAsync();
        }
    }

    // Made by the tests above only: NUnit itself finds no argument to make it with.
    [TestFixtureSource(nameof(None))]
    private sealed class Fixture(PluginCase plugin) : Laws
    {
        public static readonly object[] None = [];

        protected override PluginCase Plugin => plugin;

        public static Fixture Prepared(PluginCase plugin)
        {
            var fixture = new Fixture(plugin);
            fixture.PrepareNode();
            return fixture;
        }

        public Task ReleaseAsync() => ReleaseNodeAsync();
    }
}
