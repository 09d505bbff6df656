using PluginNode.Conformance.Fakes;
using PluginNode.Transports;

namespace PluginNode.Conformance.Tests;

/// <summary>The reference keeps its own laws.</summary>
[TestFixture]
public sealed class MemoryTransportTests : TransportConformance
{
    private readonly SeededChance _chance = SeededChance.Printed();
    private readonly MemoryNetwork _network = new();

    [Test]
    public async Task Start_TheAddressIsTaken_IsTransportExceptionAndStopFreesNothingOfTheOther()
    {
        var (self, peers) = (SomePeers.New(_chance), new MemoryPeers());
        var first = _network.Create(self, peers);
        await first.StartAsync(new RecordingHost(), CancellationToken.None);
        for (var i = 0; i < 2; i++)
        {
            var another = _network.Create(self, peers);
            Assert.That(() => another.StartAsync(new RecordingHost(), CancellationToken.None),
                Throws.TypeOf<TransportException>());
            await another.StopAsync(CancellationToken.None);
        }
        await first.StopAsync(CancellationToken.None);
    }

    [Test]
    public async Task Send_HostKeepsTheBuffer_FindsItOverwritten()
    {
        var (host, peers, self) = (new KeepingHost(), new MemoryPeers(), SomePeers.New(_chance));
        peers.Add(self);
        var transport = _network.Create(self, peers);
        await transport.StartAsync(host, CancellationToken.None);
        await transport.SendAsync(self, MemoryNetwork.AddressOf(self), SomeFrames.Of(1, 20), CancellationToken.None);
        await transport.StopAsync(CancellationToken.None);
        Assert.That(host.Kept.ToArray(), Is.All.EqualTo(0xEE));
    }

    protected override TransportEnd Create()
    {
        var (self, peers) = (SomePeers.New(_chance), new MemoryPeers());
        var transport = _network.Create(self, peers);
        return new TransportEnd(transport, self, () => MemoryNetwork.AddressOf(self), id => peers.Add(id))
        {
            KnowToSendOnly = id => peers.AddToSendOnly(id),
        };
    }

    private sealed class KeepingHost : ITransportHost
    {
        public ReadOnlyMemory<byte> Kept { get; private set; }

        public Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
            Identity.PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellation)
        {
            Kept = frames[0];
            return Task.FromResult<IReadOnlyList<SendOutcome>>([]);
        }

        public void Heard(Identity.PeerId peer, DateTimeOffset? itsTime)
        {
            // not of interest
        }
    }
}
