using System.Security.Cryptography;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Tests.Fakes;

/// <summary>One end: a transport on a free port, with everything around it.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public TestNode(
        KeyRing ring, MeshHttpOptions? options = null, TimeProvider? time = null, TestSigner? signer = null)
    {
        Signer = signer ?? ring.NewSigner();
        Node = new MeshNode(Signer, Peers, time ?? Time, new RealChance(), Logs);
        Options = options ?? new MeshHttpOptions { Listen = "http://127.0.0.1:0" };
        Transport = new MeshHttpTransport(Options, Node);
    }

    public OffsetTime Time { get; } = new();

    public PeerList Peers { get; } = new();

    public RecordingHost Host { get; } = new();

    public RecordingLoggers Logs { get; } = new();

    public TestSigner Signer { get; }

    public MeshNode Node { get; }

    public MeshHttpOptions Options { get; }

    public MeshHttpTransport Transport { get; }

    public PeerId Id => Signer.Self;

    public PeerAddress Address => Parse(Transport.BoundAddress!);

    public Uri Url => new(Transport.BoundAddress!["mesh+".Length..]);

    public static PeerAddress Parse(string text) =>
        PeerAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    public static Frame SomeFrame(int bytes = 100)
    {
        var id = Guid.CreateVersion7();
        var frame = RandomNumberGenerator.GetBytes(bytes);
        id.TryWriteBytes(frame, bigEndian: true, out _);
        return new Frame(id, frame);
    }

    public static Frame[] SomeFrames(int count, int bytes = 100) =>
        [.. Enumerable.Range(0, count).Select(_ => SomeFrame(bytes))];

    public async Task<TestNode> StartAsync()
    {
        await Transport.StartAsync(Host, CancellationToken.None);
        return this;
    }

    public Task<IReadOnlyList<SendOutcome>> SendAsync(TestNode to, params Frame[] frames) =>
        SendAsync(to.Id, to.Address, frames);

    public Task<IReadOnlyList<SendOutcome>> SendAsync(PeerId to, PeerAddress address, params Frame[] frames) =>
        Transport.SendAsync(to, address, frames, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Transport.StopAsync(CancellationToken.None);
        Logs.Dispose();
    }
}
