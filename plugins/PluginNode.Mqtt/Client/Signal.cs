using System.Threading.Channels;

namespace PluginNode.Mqtt.Client;

/// <summary>Wakes one waiting loop; what is set while nobody waits is kept, once. Set from any thread.</summary>
internal sealed class Signal
{
    private readonly Channel<bool> _one = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private int _isSet;

    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 0) _one.Writer.TryWrite(true);
    }

    /// <exception cref="OperationCanceledException">Cancelled; a set signal is kept.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        await _one.Reader.ReadAsync(cancellationToken);
        Interlocked.Exchange(ref _isSet, 0); // a fence: what the loop looks at next is newer
    }
}
