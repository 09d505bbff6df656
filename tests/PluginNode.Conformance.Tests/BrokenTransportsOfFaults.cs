using System.Net.Sockets;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance.Tests;

/// <summary>Throws where a peer cannot be reached.</summary>
internal sealed class ThrowingTransport(Parts parts) : PassingTransport(parts)
{
    public override async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var outcomes = await base.SendAsync(peer, address, frames, cancellation);
        return outcomes.All(o => o.Status == SendStatus.Retry)
            ? throw new SocketException((int)SocketError.HostUnreachable)
            : outcomes;
    }
}

/// <summary>Asks who is there, and takes the answer for whom it wanted.</summary>
internal sealed class CredulousTransport(Parts parts) : PassingTransport(parts)
{
    public override Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
        base.SendAsync(PeerId.Parse(address.Text[(Scheme.Length + 1)..]), address, frames, cancellation);
}

/// <summary>Delivers as if each frame came from somebody else.</summary>
internal sealed class MisattributingTransport(Parts parts) : PassingTransport(parts)
{
    protected override ITransportHost Wrap(ITransportHost host) => new Misattributing(host);

    private sealed class Misattributing(ITransportHost inner) : PassingHost(inner)
    {
        public override Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
            PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellation) =>
            base.ReceiveAsync(SomePeers.New(new SeededChance(0)), frames, cancellation);
    }
}

/// <summary>Takes what anybody sends.</summary>
internal sealed class OpenTransport(Parts parts) : PassingTransport(parts)
{
    private static readonly Dictionary<PeerId, ITransportHost> Hosts = [];

    public override Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        lock (Hosts) Hosts[Parts.Self] = host;
        return base.StartAsync(host, cancellation);
    }

    public override Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        ITransportHost host;
        lock (Hosts) host = Hosts[peer];
        return host.ReceiveAsync(Parts.Self, [.. frames.Select(f => f.Bytes)], cancellation);
    }
}

/// <summary>Says that what the host failed to take was delivered.</summary>
internal sealed class GlossingTransport(Parts parts) : PassingTransport(parts)
{
    public override async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        await base.SendAsync(peer, address, frames, cancellation);
        return [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Delivered))];
    }
}

/// <summary>Waits for its answer, come what may.</summary>
internal sealed class StubbornTransport(Parts parts) : PassingTransport(parts)
{
    public override Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
        base.SendAsync(peer, address, frames, CancellationToken.None);
}

/// <summary>Lets cancellation out as an exception.</summary>
internal sealed class AbruptTransport(Parts parts) : PassingTransport(parts)
{
    public override async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var outcomes = await base.SendAsync(peer, address, frames, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return outcomes;
    }
}

/// <summary>Can be stopped once, after a start.</summary>
internal sealed class StrictTransport(Parts parts) : PassingTransport(parts)
{
    private bool _stopped;

    public override Task StopAsync(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_stopped, this);
        _stopped = true;
        return base.StopAsync(cancellation);
    }
}

/// <summary>Never waits for what is being received.</summary>
internal sealed class HastyTransport(Parts parts) : PassingTransport(parts)
{
    public override Task StopAsync(CancellationToken cancellation)
    {
        _ = base.StopAsync(new CancellationToken(canceled: true));
        return Task.CompletedTask;
    }
}

/// <summary>Waits for what is being received, although it was told to stop waiting.</summary>
internal sealed class PatientTransport(Parts parts) : PassingTransport(parts)
{
    public override Task StopAsync(CancellationToken cancellation) => base.StopAsync(CancellationToken.None);
}

/// <summary>Lets its sends wait on when it is stopped.</summary>
internal sealed class LingeringTransport(Parts parts) : PassingTransport(parts)
{
    public override async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var outcomes = await base.SendAsync(peer, address, frames, cancellation);
        if (outcomes.Any(o => o.Status == SendStatus.Retry)) await Task.Delay(Timeout.Infinite, cancellation);
        return outcomes;
    }
}

/// <summary>Goes on after it was stopped.</summary>
internal sealed class UndeadTransport(Parts parts) : PassingTransport(parts)
{
    public override Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;
}
