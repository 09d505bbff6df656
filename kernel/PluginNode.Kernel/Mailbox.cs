using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace PluginNode;

/// <summary>
/// One loop that owns some state: everything posted runs there, one after the other, in the order of posting. The
/// state needs no locks, and a simulation sees one queue of events. Work must not block.
/// </summary>
internal sealed class Mailbox
{
    private readonly Channel<Action> _queue = Channel.CreateUnbounded<Action>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly Action _afterRound;
    private readonly ILogger _logger;
    private readonly Task _loop;

    /// <param name="afterRound">Runs when all that had been posted was handled: where work is gathered into one
    /// commit.</param>
    /// <param name="logger">Told of faults: one piece of work that fails must not end the loop for all others.</param>
    public Mailbox(Action afterRound, ILogger logger)
    {
        (_afterRound, _logger) = (afterRound, logger);
        _loop = RunAsync();
    }

    /// <summary>After the end nothing is handled any more.</summary>
    public void Post(Action work) => _queue.Writer.TryWrite(work);

    public Task<T> AskAsync<T>(Func<T> question) => AskLaterAsync<T>(answer => Answer(answer, question));

    /// <summary>Asks what cannot be answered at once: who handles it completes the source, sooner or later.</summary>
    public Task<T> AskLaterAsync<T>(Action<TaskCompletionSource<T>> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_queue.Writer.TryWrite(() => question(answer)))
            answer.SetException(new ObjectDisposedException(nameof(Mailbox), "The node has stopped."));
        return answer.Task;
    }

    /// <summary>Handles what was posted until now, then ends. A fault of the loop surfaces here.</summary>
    public Task CompleteAsync()
    {
        _queue.Writer.TryComplete();
        return _loop;
    }

    private static void Answer<T>(TaskCompletionSource<T> answer, Func<T> question)
    {
        try
        {
            answer.SetResult(question());
        }
        catch (Exception e)
        {
            answer.SetException(e);
        }
    }

    private async Task RunAsync()
    {
        const int round = 1024; // an endless stream of posts must not put the commit off for ever
        while (await _queue.Reader.WaitToReadAsync())
        {
            for (var i = 0; i < round && _queue.Reader.TryRead(out var work); i++) Run(work);
            Run(_afterRound);
        }
    }

    private void Run(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            LogMessages.LoopFaulted(_logger, e.ToString());
        }
    }
}
