using PluginNode.Conformance.Fakes;
using PluginNode.Transports;
using Laws = PluginNode.Conformance.TransportConformance;

namespace PluginNode.Conformance.Tests;

/// <summary>A law that no broken transport can fail is no law.</summary>
[TestFixture]
public sealed class BrokenTransportTests
{
    private static readonly (Type Transport, string Law)[] Broken =
    [
        (typeof(LosingTransport), nameof(Laws.Send_ManyFrames_ArriveInOrderAndWhole)),
        (typeof(MisattributingTransport), nameof(Laws.Send_ManyFrames_ArriveInOrderAndWhole)),
        (typeof(OvertakingTransport), nameof(Laws.Send_OneAfterAnother_KeepTheirOrder)),
        (typeof(CountingTransport), nameof(Laws.Send_EachOutcome_ComesBackAsItWasSaid)),
        (typeof(CountingTransport), nameof(Laws.Send_ForeignOrMissingOutcome_IsRetry)),
        (typeof(EagerTransport), nameof(Laws.Send_RefusedOrRetry_IsHandedOverOnce)),
        (typeof(CuttingTransport), nameof(Laws.Send_FrameOfTheGreatestSize_Arrives)),
        (typeof(BoastfulTransport), nameof(Laws.Send_FrameOfTheGreatestSize_Arrives)),
        (typeof(ModestTransport), nameof(Laws.Send_FrameTooLarge_NeverArrives)),
        (typeof(MixingTransport), nameof(Laws.Send_ManyAtOnce_EachGetsItsOwnOutcomes)),
        (typeof(SilentTransport), nameof(Laws.Send_BothHostsHearOfEachOther)),
        (typeof(ThrowingTransport), nameof(Laws.Send_PeerIsGone_IsRetry)),
        (typeof(ThrowingTransport), nameof(Laws.Send_AddressMakesNoSense_IsRetry)),
        (typeof(CredulousTransport), nameof(Laws.Send_AnotherPeerIsThere_IsRetry)),
        (typeof(OpenTransport), nameof(Laws.Send_ByAnUnknownSender_IsRetryAndNeverReachesTheHost)),
        (typeof(OpenTransport), nameof(Laws.Send_ByAPeerThatIsOnlySentTo_IsRetryAndNeverReachesTheHost)),
        (typeof(GlossingTransport), nameof(Laws.Send_ReceivingHostThrows_IsRetry)),
        (typeof(StubbornTransport), nameof(Laws.Send_Cancelled_IsRetry)),
        (typeof(AbruptTransport), nameof(Laws.Send_Cancelled_IsRetry)),
        (typeof(AbruptTransport), nameof(Laws.Send_CancelledBefore_TellsNothingUntrue)),
        (typeof(GlossingTransport), nameof(Laws.Send_CancelledBefore_TellsNothingUntrue)),
        (typeof(StrictTransport), nameof(Laws.Stop_NeverStartedOrTwice_DoesNothing)),
        (typeof(HastyTransport), nameof(Laws.Stop_WhileReceiving_LetsItFinish)),
        (typeof(PatientTransport), nameof(Laws.Stop_Cancelled_CutsOffWhatIsBeingReceived)),
        (typeof(LingeringTransport), nameof(Laws.Stop_WhileSending_EndsTheSend)),
        (typeof(UndeadTransport), nameof(Laws.Stop_Completed_NoCallReachesTheHost)),
        (typeof(CuttingAsker), nameof(Laws.Request_AndItsAnswer_ArriveWhole)),
        (typeof(MixingAsker), nameof(Laws.Request_AndItsAnswer_ArriveWhole)),
        (typeof(BoastfulAsker), nameof(Laws.Request_OfTheGreatestSizes_IsAnswered)),
        (typeof(CuttingAsker), nameof(Laws.Request_OfTheGreatestSizes_IsAnswered)),
        (typeof(ModestAsker), nameof(Laws.Request_TooLarge_NeverArrives)),
        (typeof(GreedyAsker), nameof(Laws.Request_AnswerLargerThanWasAskedFor_IsTooLarge)),
        (typeof(BlurringAsker), nameof(Laws.Request_ThatIsNotAnswered_ComesBackAsItWasSaid)),
        (typeof(GlossingAsker), nameof(Laws.Request_ThatIsNotAnswered_ComesBackAsItWasSaid)),
        (typeof(MixingAsker), nameof(Laws.Request_ManyAtOnce_EachGetsItsOwnAnswer)),
        (typeof(SilentTransport), nameof(Laws.Request_BothHostsHearOfEachOther)),
        (typeof(OpenAsker), nameof(Laws.Request_OfAStrangerOrWhoIsOnlySentTo_NeverReachesTheHost)),
        (typeof(CredulousAsker), nameof(Laws.Request_PeerIsNotThere_Fails)),
        (typeof(ThrowingAsker), nameof(Laws.Request_PeerIsNotThere_Fails)),
        (typeof(GlossingAsker), nameof(Laws.Request_AnsweringHostThrows_IsNotAnswered)),
        (typeof(StubbornAsker), nameof(Laws.Request_Cancelled_Fails)),
        (typeof(ThrowingAsker), nameof(Laws.Request_Cancelled_Fails)),
        (typeof(HastyTransport), nameof(Laws.Stop_WhileAnswering_LetsItFinish)),
        (typeof(PatientTransport), nameof(Laws.Stop_Cancelled_CutsOffWhatIsBeingAnswered)),
        (typeof(LingeringAsker), nameof(Laws.Stop_WhileAsking_EndsTheRequest)),
        (typeof(UndeadTransport), nameof(Laws.Stop_Completed_NothingIsAskedOrAnswered)),
    ];

    public static IEnumerable<TestCaseData> Cases => Broken.Select(b => new TestCaseData(b.Transport, b.Law));

    public static IEnumerable<string> AllLaws => LawRunner.LawsOf(typeof(Laws));

    [TestCaseSource(nameof(Cases))]
    public async Task Law_BrokenTransport_Fails(Type transport, string law)
    {
        var create = () => new Fixture(
            parts => (ITransport)Activator.CreateInstance(transport, parts)!, TimeSpan.FromMilliseconds(200));
        var reason = await LawRunner.BreakAsync(create, typeof(Laws), law);
        TestContext.Out.WriteLine(reason);
        Assert.That(reason, Is.Not.Null);
    }

    [TestCaseSource(nameof(AllLaws))]
    public async Task Law_TransportThatPassesEverythingOn_Holds(string law)
    {
        var create = () => new Fixture(parts => new PassingTransport(parts), TimeSpan.FromSeconds(30));
        Assert.That(await LawRunner.BreakAsync(create, typeof(Laws), law), Is.Null);
    }

    [TestCaseSource(nameof(AllLaws))]
    public async Task Law_TransportThatKnowsNoOutcomes_HoldsOrIsIgnored(string law)
    {
        var create = () => new Fixture(parts => new MuteTransport(parts), TimeSpan.FromSeconds(30))
        {
            Can = new TransportTraits { TellsOutcomes = false },
        };
        Assert.That(await LawRunner.BreakAsync(create, typeof(Laws), law), Is.Null);
    }

    [TestCaseSource(nameof(AllLaws))]
    public void Law_HasATransportThatBreaksIt(string law) => Assert.That(Broken.Select(b => b.Law), Does.Contain(law));

    [Test]
    public async Task Law_OfWhatATransportCannotDo_IsIgnored()
    {
        var create = () => new Fixture(p => new LosingTransport(p), TimeSpan.FromSeconds(1))
        {
            Can = new TransportTraits { TellsOutcomes = false, KeepsOrder = false, HandsOverOnce = false },
        };
        foreach (var law in new[]
        {
            nameof(Laws.Send_OneAfterAnother_KeepTheirOrder), nameof(Laws.Send_EachOutcome_ComesBackAsItWasSaid),
            nameof(Laws.Send_RefusedOrRetry_IsHandedOverOnce), nameof(Laws.Send_PeerIsGone_IsRetry),
        })
            Assert.That(await LawRunner.BreakAsync(create, typeof(Laws), law), Is.Null, law);
    }

    // Made by the tests above only: NUnit itself finds no argument to make it with.
    [TestFixtureSource(nameof(None))]
    private sealed class Fixture(Func<Parts, ITransport> create, TimeSpan patience) : Laws
    {
        public static readonly object[] None = [];

        private readonly SeededChance _chance = new(1);
        private readonly MemoryNetwork _network = new();

        public TransportTraits Can { get; init; } = new();

        protected override TransportTraits Traits => Can;

        protected override TimeSpan Patience => patience;

        protected override TransportEnd Create()
        {
            var (self, peers) = (SomePeers.New(_chance), new MemoryPeers());
            var transport = create(new Parts(_network.Create(self, peers), self, _network));
            return new TransportEnd(transport, self, () => MemoryNetwork.AddressOf(self), id => peers.Add(id))
            {
                KnowToSendOnly = id => peers.AddToSendOnly(id),
            };
        }
    }
}
