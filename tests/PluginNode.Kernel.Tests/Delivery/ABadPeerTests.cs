using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>One bad peer with 100 000 messages in 1 000 lanes, beside 99 others.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ABadPeerTests
{
    private const byte Bad = 2;
    private const int Others = 99;
    private const int ForEachOther = 40;
    private const int ForTheBadOne = 100_000;
    private const int Lanes = 1000;

    private readonly Lock _lock = new();
    private readonly List<int> _windows = [];
    private readonly Dictionary<PeerId, List<Guid>> _arrived = [];
    private Network _network = null!;
    private int _under;
    private int _mostUnder;

    [SetUp]
    public void SetUp() => _network = new Network();

    [Test]
    public async Task Dead_IsProbedWithOneFrameAtATime_AndTheOthersGetAll() =>
        await TryAsync(frames => Task.FromResult<IReadOnlyList<SendOutcome>>(
            [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Retry, "connection refused"))]));

    [Test]
    public async Task BlackHoled_HoldsNoMoreThanItsWindows_AndTheOthersGetAll()
    {
        await TryAsync(_ => new TaskCompletionSource<IReadOnlyList<SendOutcome>>().Task);
        Assert.That(_windows, Has.Count.LessThanOrEqualTo(2));
    }

    [Test]
    public async Task AnsweringGarbage_IsProbedWithOneFrameAtATime_AndTheOthersGetAll()
    {
        var random = new Random(1);
        await TryAsync(frames => random.Next(3) switch
        {
            0 => Task.FromResult<IReadOnlyList<SendOutcome>>([]),
            1 => Task.FromResult<IReadOnlyList<SendOutcome>>(
                [.. frames.Select(_ => new SendOutcome(Guid.NewGuid(), SendStatus.Delivered))]),
            _ => throw new InvalidOperationException("garbage"),
        });
    }

    private async Task TryAsync(Func<IReadOnlyList<Frame>, Task<IReadOnlyList<SendOutcome>>> bad)
    {
        _network.Intercept = async (_, to, frames, _) =>
        {
            if (to != TestNode.IdOf(Bad)) return Take(to, frames);
            lock (_lock)
            {
                _windows.Add(frames.Count);
                _mostUnder = Math.Max(_mostUnder, ++_under);
            }
            try
            {
                return await bad(frames);
            }
            finally
            {
                lock (_lock) _under--;
            }
        };
        byte[] peers = [.. Enumerable.Range(Bad, Others + 1).Select(i => (byte)i)];
        var often = new RetryOptions(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        var options = TestNode.Options with { Retry = often };
        await using var node = await TestNode.StartAsync(_network, 1, options: options, knows: peers);
        await Task.WhenAll(Enumerable.Range(0, ForTheBadOne).Select(i => node.SendAsync(Bad, "x", key: $"{i % Lanes}")));
        var probesBefore = _windows.Count;

        var sent = new Dictionary<PeerId, List<Guid>>();
        foreach (var peer in peers.Where(p => p != Bad))
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, ForEachOther).Select(i => node.SendAsync(peer, $"{i}")));
            sent.Add(TestNode.IdOf(peer), [.. replies.Select(r => r.Id)]);
        }
        foreach (var id in sent.Values.Select(ids => ids[^1])) await node.EndOfAsync(id);

        var metrics = await node.Kernel.MetricsAsync();
        lock (_lock)
        {
            Assert.Multiple(() =>
            {
                foreach (var (peer, ids) in sent) Assert.That(_arrived[peer], Is.EqualTo(ids), "in order, once");
                Assert.That(metrics.Delivered, Is.EqualTo(Others * ForEachOther));
                Assert.That(metrics.Waiting, Is.EqualTo(ForTheBadOne), "nothing of the bad peer's is lost");
                Assert.That(_mostUnder, Is.LessThanOrEqualTo(2), "windows in flight to one peer");
                // Two windows may go out before the first failure is known; from then on it is one frame at a time.
                Assert.That(_windows.Skip(2), Is.All.EqualTo(1));
            });
            TestContext.Out.WriteLine($"{_windows.Count} probes, {_windows.Count - probesBefore} of them while {Others * ForEachOther} messages went out");
        }
    }

    private IReadOnlyList<SendOutcome> Take(PeerId to, IReadOnlyList<Frame> frames)
    {
        lock (_lock)
        {
            if (!_arrived.TryGetValue(to, out var ids)) _arrived.Add(to, ids = []);
            ids.AddRange(frames.Select(f => f.Id));
        }
        return [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Delivered))];
    }
}
