using System.Text;
using System.Threading.Channels;
using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Storage;

namespace PluginNode.Kernel.Tests.Delivery;

[TestFixture]
public sealed class SinkFaultTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    [Test]
    public async Task TheStoreCannotBeReadForAWhile_TheSinkGetsTheMessageAfterwards()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2);
        var failures = 3;
        b.Store.BeforeRead = () =>
        {
            if (failures-- > 0) throw new StoreException("the disk cannot be read just now");
        };
        var sink = new ListSink();
        b.Kernel.Attach(sink);
        await a.SendAsync(2, "x");

        Assert.That(await sink.NextAsync(), Is.EqualTo("x"));
        Assert.That(failures, Is.Negative);
    }

    [Test]
    public async Task ASinkThatHangs_DoesNotKeepTheNodeFromStopping()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2);
        var sink = new ListSink { Hangs = true };
        b.Kernel.Attach(sink);
        await a.SendAsync(2, "x");
        await sink.NextAsync();
        var moderate = await b.SendAsync(3, "waits", "/m");

        await b.Kernel.StopAsync(new CancellationToken(canceled: true)).WaitAsync(Patience);
        Assert.That(b.Medium.Records.Values.Any(r => r.Key.Id == moderate.Id), "it is a stored dead letter");
    }

    private sealed class ListSink : IMessageSink
    {
        private readonly Channel<string> _taken = Channel.CreateUnbounded<string>();

        public bool Hangs { get; init; }
        public IReadOnlyCollection<string> Protocols => ["/c"];

        public async Task<string> NextAsync() => await _taken.Reader.ReadAsync().AsTask().WaitAsync(Patience);

        public Task HandleAsync(InboxMessage message, CancellationToken cancellation)
        {
            _taken.Writer.TryWrite(Encoding.UTF8.GetString(message.Payload.Span));
            return Hangs ? new TaskCompletionSource().Task : Task.CompletedTask;
        }
    }
}
