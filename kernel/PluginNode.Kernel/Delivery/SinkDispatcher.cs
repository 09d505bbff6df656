using Microsoft.Extensions.Logging;
using PluginNode.Plugins;
using PluginNode.Storage;

namespace PluginNode.Delivery;

/// <summary>
/// Hands the inbox messages of some protocols to the sinks that take them: one at a time and in order for a sender and
/// lane, backing off after a failure. After the last try the message stays in the inbox, where the API shows it:
/// nothing is dropped.
/// </summary>
internal sealed class SinkDispatcher(
    Inbox inbox, InboxLoop loop, RetryOptions retry, KernelParts parts, ILogger logger)
{
    private const int MostTries = 10;
    private static readonly TimeSpan LastCall = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, IMessageSink> _sinks = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopped = new();
    private readonly List<Task> _running = [];

    public void Attach(IMessageSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        foreach (var protocol in sink.Protocols)
            if (!_sinks.TryAdd(protocol, sink))
                throw new InvalidOperationException($"There is already a sink for the protocol '{protocol}'.");
        foreach (var protocol in sink.Protocols)
        {
            loop.Box.Post(() => loop.Hide(protocol));
            _running.Add(RunAsync(protocol, sink));
        }
    }

    /// <summary>Cancels what sinks are handling. One that does not come back, also not a second after the token fired,
    /// is left behind: its message stays in the inbox.</summary>
    public async Task StopAsync(CancellationToken graceEnds)
    {
        await _stopped.CancelOnceAsync();
        var all = Task.WhenAll(_running);
        try
        {
            await Waiting.ForEndAsync(all, Timeout.InfiniteTimeSpan, parts.Time, graceEnds);
        }
        catch (OperationCanceledException)
        {
            if (!await Waiting.ForEndAsync(all, LastCall, parts.Time, CancellationToken.None))
            {
                LogMessages.SinkHangs(logger);
                return;
            }
        }
        await all;
        _stopped.Dispose();
    }

    // One message of the protocol at a time: stricter than a lane's order asks, and never out of order.
    private async Task RunAsync(string protocol, IMessageSink sink)
    {
        var after = 0L;
        try
        {
            while (!_stopped.IsCancellationRequested)
            {
                var page = await ReadAsync(protocol, after);
                foreach (var item in page.Items) await HandleAsync(sink, item.Message);
                after = page.Next;
            }
        }
        catch (OperationCanceledException)
        {
            // The kernel stops.
        }
    }

    private async Task<InboxPage> ReadAsync(string protocol, long after)
    {
        var query = new InboxQuery(protocol, After: after, Limit: 64, Wait: TimeSpan.FromMinutes(1))
        {
            ForSinks = true,
        };
        for (var backoff = new Backoff(retry, parts.Chance); ;)
        {
            try
            {
                return await inbox.ListAsync(query, _stopped.Token);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogMessages.StoreFailed(logger, e.Message); // nobody else would show these messages: it is tried again
            }
            await Task.Delay(backoff.Next(), parts.Time, _stopped.Token);
        }
    }

    private async Task HandleAsync(IMessageSink sink, InboxMessage message)
    {
        var backoff = new Backoff(retry, parts.Chance);
        for (var attempt = 1; attempt <= MostTries; attempt++)
        {
            try
            {
                await sink.HandleAsync(message, _stopped.Token);
                await inbox.AckAsync([new InboxReference(message.Id, message.From)]);
                return;
            }
            catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e)
            {
                LogMessages.SinkFailed(logger, attempt, FaultText.InFull(e));
            }
            await Task.Delay(backoff.Next(), parts.Time, _stopped.Token);
        }
        loop.Box.Post(() => loop.GiveUp(message.From, message.Id));
    }
}
