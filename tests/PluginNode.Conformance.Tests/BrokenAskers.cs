using System.Net.Sockets;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance.Tests;

/// <summary>Changes what comes back.</summary>
internal abstract class ChangingAsker(Parts parts) : PassingTransport(parts)
{
    public override async Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation) =>
        Change(await base.RequestAsync(peer, address, request, cancellation));

    protected abstract RequestOutcome Change(RequestOutcome outcome);
}

/// <summary>Loses the end of long answers.</summary>
internal sealed class CuttingAsker(Parts parts) : ChangingAsker(parts)
{
    protected override RequestOutcome Change(RequestOutcome outcome) =>
        outcome with { Body = outcome.Body[..Math.Min(outcome.Body.Length, 9_999)] };
}

/// <summary>Says of whatever is no answer that nobody was there.</summary>
internal sealed class BlurringAsker(Parts parts) : ChangingAsker(parts)
{
    protected override RequestOutcome Change(RequestOutcome outcome) =>
        outcome.IsAnswered ? outcome : RequestOutcome.None(RequestStatus.Failed, "no answer");
}

/// <summary>Takes no answer for an empty one.</summary>
internal sealed class GlossingAsker(Parts parts) : ChangingAsker(parts)
{
    protected override RequestOutcome Change(RequestOutcome outcome) => RequestOutcome.Answer(outcome.Body);
}

/// <summary>Throws where there is nobody.</summary>
internal sealed class ThrowingAsker(Parts parts) : ChangingAsker(parts)
{
    protected override RequestOutcome Change(RequestOutcome outcome) => outcome.Status == RequestStatus.Failed
        ? throw new SocketException((int)SocketError.HostUnreachable)
        : outcome;
}

/// <summary>Gives everybody the first answer that comes.</summary>
internal sealed class MixingAsker(Parts parts) : ChangingAsker(parts)
{
    private RequestOutcome? _first;

    protected override RequestOutcome Change(RequestOutcome outcome) => _first ??= outcome;
}

/// <summary>Says that it moves more than it can.</summary>
internal sealed class BoastfulAsker(Parts parts) : PassingTransport(parts)
{
    public override RequestBounds Bounds => new(2 * base.Bounds.MaxRequestBytes, 2 * base.Bounds.MaxAnswerBytes);
}

/// <summary>Says that it moves less than it does.</summary>
internal sealed class ModestAsker(Parts parts) : PassingTransport(parts)
{
    public override RequestBounds Bounds => new(base.Bounds.MaxRequestBytes / 2, base.Bounds.MaxAnswerBytes / 2);
}

/// <summary>Takes whatever answer it can move.</summary>
internal sealed class GreedyAsker(Parts parts) : PassingTransport(parts)
{
    public override Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation) =>
        base.RequestAsync(peer, address, request with { MostAnswerBytes = int.MaxValue }, cancellation);
}

/// <summary>Asks who is there, and takes the answer for whom it wanted.</summary>
internal sealed class CredulousAsker(Parts parts) : PassingTransport(parts)
{
    public override Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation) =>
        base.RequestAsync(
            PeerId.TryParse(address.Text[(Scheme.Length + 1)..], out var there) ? there : peer, address, request,
            cancellation);
}

/// <summary>Has whoever asks answered.</summary>
internal sealed class OpenAsker(Parts parts) : PassingTransport(parts)
{
    private static readonly Dictionary<PeerId, ITransportHost> Hosts = [];

    public override Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        lock (Hosts) Hosts[Parts.Self] = host;
        return base.StartAsync(host, cancellation);
    }

    public override Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation)
    {
        ITransportHost host;
        lock (Hosts) host = Hosts[peer];
        return ((IRequestHost)host).AnswerAsync(Parts.Self, request, cancellation);
    }
}

/// <summary>Waits for its answer, come what may.</summary>
internal sealed class StubbornAsker(Parts parts) : PassingTransport(parts)
{
    public override Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation) =>
        base.RequestAsync(peer, address, request, CancellationToken.None);
}

/// <summary>Lets its requests wait on when it is stopped.</summary>
internal sealed class LingeringAsker(Parts parts) : PassingTransport(parts)
{
    public override async Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation)
    {
        var outcome = await base.RequestAsync(peer, address, request, cancellation);
        if (outcome.Status == RequestStatus.Failed) await Task.Delay(Timeout.Infinite, cancellation);
        return outcome;
    }
}
