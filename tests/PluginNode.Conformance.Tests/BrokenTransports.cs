using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance.Tests;

/// <summary>What a broken transport is made of.</summary>
/// <param name="Inner">A sound one.</param>
/// <param name="Self">Who it is.</param>
/// <param name="Network">The wire of all ends.</param>
internal sealed record Parts(MemoryTransport Inner, PeerId Self, MemoryNetwork Network);

/// <summary>A transport that passes everything on; each broken one changes one thing.</summary>
internal class PassingTransport(Parts parts) : ITransport, IRequestTransport
{
    protected Parts Parts => parts;

    public string Scheme => parts.Inner.Scheme;

    public virtual int MaxFrameBytes => parts.Inner.MaxFrameBytes;

    public virtual Task StartAsync(ITransportHost host, CancellationToken cancellation) =>
        parts.Inner.StartAsync(Wrap(host), cancellation);

    public virtual Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
        parts.Inner.SendAsync(peer, address, frames, cancellation);

    public virtual RequestBounds Bounds => parts.Inner.Bounds;

    public virtual Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation) =>
        parts.Inner.RequestAsync(peer, address, request, cancellation);

    public virtual Task StopAsync(CancellationToken cancellation) => parts.Inner.StopAsync(cancellation);

    protected virtual ITransportHost Wrap(ITransportHost host) => host;
}

/// <summary>A host between: passes everything on.</summary>
internal class PassingHost(ITransportHost inner) : ITransportHost, IRequestHost
{
    public virtual Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
        PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellation) =>
        inner.ReceiveAsync(from, frames, cancellation);

    public RequestOutcome? Judge(PeerId from, string protocol, long bytes) =>
        ((IRequestHost)inner).Judge(from, protocol, bytes);

    public virtual Task<RequestOutcome> AnswerAsync(
        PeerId from, PeerRequest request, CancellationToken cancellation) =>
        ((IRequestHost)inner).AnswerAsync(from, request, cancellation);

    public virtual void Heard(PeerId peer, DateTimeOffset? itsTime) => inner.Heard(peer, itsTime);
}

/// <summary>Loses the last frame of several, and says that it went well.</summary>
internal sealed class LosingTransport(Parts parts) : PassingTransport(parts)
{
    public override async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
        frames.Count == 1
            ? await base.SendAsync(peer, address, frames, cancellation)
            : [.. await base.SendAsync(peer, address, [.. frames.Take(frames.Count - 1)], cancellation),
                new SendOutcome(frames[^1].Id, SendStatus.Delivered)];
}

/// <summary>Cuts a frame's end off.</summary>
internal sealed class CuttingTransport(Parts parts) : PassingTransport(parts)
{
    public override Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
        base.SendAsync(peer, address,
            [.. frames.Select(f => f with { Bytes = f.Bytes[..Math.Min(f.Bytes.Length, 9999)] })], cancellation);
}

/// <summary>Holds every other frame back until the next one has gone.</summary>
internal sealed class OvertakingTransport(Parts parts) : PassingTransport(parts)
{
    private Frame? _held;

    public override async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        if (_held is not { } held)
        {
            _held = frames[0];
            return [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Delivered))];
        }
        _held = null;
        return await base.SendAsync(peer, address, [.. frames, held], cancellation);
    }
}

/// <summary>Matches outcomes by their position.</summary>
internal sealed class CountingTransport(Parts parts) : PassingTransport(parts)
{
    private IReadOnlyList<SendOutcome> _said = [];

    // all ends of a law are of this kind: what this end's host said is read by the other end, in order
    public static Dictionary<PeerId, CountingTransport> All { get; } = [];

    public override Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        lock (All) All[Parts.Self] = this;
        return base.StartAsync(host, cancellation);
    }

    public override async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        await base.SendAsync(peer, address, frames, cancellation);
        CountingTransport other;
        lock (All) other = All[peer];
        return [.. frames.Zip(other._said, (f, said) => said with { Id = f.Id })];
    }

    protected override ITransportHost Wrap(ITransportHost host) => new Overhearing(host, this);

    private sealed class Overhearing(ITransportHost inner, CountingTransport owner) : PassingHost(inner)
    {
        public override async Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
            PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellation) =>
            owner._said = await base.ReceiveAsync(from, frames, cancellation);
    }
}

/// <summary>Sends again by itself whatever was not delivered.</summary>
internal sealed class EagerTransport(Parts parts) : PassingTransport(parts)
{
    public override async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var outcomes = await base.SendAsync(peer, address, frames, cancellation);
        return outcomes.All(o => o.Status == SendStatus.Delivered)
            ? outcomes
            : await base.SendAsync(peer, address, frames, cancellation);
    }
}

/// <summary>Says less than it can move.</summary>
internal sealed class ModestTransport(Parts parts) : PassingTransport(parts)
{
    public override int MaxFrameBytes => base.MaxFrameBytes / 2;
}

/// <summary>Says more than it can move.</summary>
internal sealed class BoastfulTransport(Parts parts) : PassingTransport(parts)
{
    public override int MaxFrameBytes => base.MaxFrameBytes * 2;
}

/// <summary>Keeps one list of outcomes for all sends.</summary>
internal sealed class MixingTransport(Parts parts) : PassingTransport(parts)
{
    private readonly List<SendOutcome> _all = [];

    public override async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var outcomes = await base.SendAsync(peer, address, frames, cancellation);
        lock (_all)
        {
            _all.AddRange(outcomes);
            return [.. _all];
        }
    }
}

/// <summary>Never tells its host whom it heard.</summary>
internal sealed class SilentTransport(Parts parts) : PassingTransport(parts)
{
    protected override ITransportHost Wrap(ITransportHost host) => new Deaf(host);

    private sealed class Deaf(ITransportHost inner) : PassingHost(inner)
    {
        public override void Heard(PeerId peer, DateTimeOffset? itsTime)
        {
            // tells nobody
        }
    }
}

/// <summary>Not broken: it cannot know what became of a frame, and says so.</summary>
internal sealed class MuteTransport(Parts parts) : PassingTransport(parts)
{
    public override async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var send = base.SendAsync(peer, address, frames, cancellation);
        var failed = send.IsCompleted && (await send).Any(o => o.Status == SendStatus.Retry);
        return [.. frames.Select(f => new SendOutcome(f.Id, failed ? SendStatus.Retry : SendStatus.Sent))];
    }
}
