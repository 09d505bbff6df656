using PluginNode.Identity;

namespace PluginNode.Delivery;

/// <summary>Which inbox messages to list, oldest first.</summary>
/// <param name="Protocol">Only this protocol.</param>
/// <param name="From">Only this sender.</param>
/// <param name="After">Only those behind this cursor (<see cref="InboxPage.Next"/>); 0 from the start.</param>
/// <param name="Limit">At most so many, 1–1000.</param>
/// <param name="Wait">Where there is none: how long to wait for one.</param>
public sealed record InboxQuery(
    string? Protocol = null, PeerId? From = null, long After = 0, int Limit = 100, TimeSpan Wait = default)
{
    /// <summary>Whether to list what sinks take, instead of what the application is shown.</summary>
    internal bool ForSinks { get; init; }
}

/// <summary>One message with its place in the list.</summary>
public sealed record InboxItem(InboxMessage Message, long Cursor);

/// <summary>A page of the inbox.</summary>
/// <param name="Items">Oldest first; shown again until acknowledged.</param>
/// <param name="Next">The cursor behind the last item, or what was asked where there is none.</param>
public sealed record InboxPage(IReadOnlyList<InboxItem> Items, long Next);

/// <summary>Names an inbox message. Ids are unique for a sender only; where two used the same, the sender is
/// needed.</summary>
public readonly record struct InboxReference(Guid Id, PeerId? From = null);

/// <summary>What an acknowledgement did.</summary>
/// <param name="Acknowledged">How many messages are gone for good.</param>
/// <param name="Unknown">Ids that are not in the inbox (any more).</param>
/// <param name="Ambiguous">Ids that several senders used: nothing was done, name the sender.</param>
public sealed record AckResult(int Acknowledged, IReadOnlyList<Guid> Unknown, IReadOnlyList<Guid> Ambiguous);

/// <summary>
/// What peers sent, on stable storage before they were told so, until the application acknowledges it. All members may
/// be called from any thread.
/// </summary>
public sealed class Inbox
{
    private const long PageBytes = 32 << 20;

    private readonly InboxLoop _loop;

    internal Inbox(InboxLoop loop) => _loop = loop;

    /// <summary>A page; with <see cref="InboxQuery.Wait"/> as soon as there is something, or empty after that
    /// time.</summary>
    /// <exception cref="Storage.StoreException">The store cannot be read just now; a retry is safe.</exception>
    public async Task<InboxPage> ListAsync(InboxQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        var asked = _loop.Time.GetTimestamp();
        while (true)
        {
            var left = query with { Wait = query.Wait - _loop.Time.GetElapsedTime(asked) };
            var (entries, arrival) = await _loop.Box.AskAsync(() => _loop.List(left, PageBytes));
            if (entries.Count > 0) return await ReadAsync(entries, query.After, cancellation);
            if (arrival is null) return new InboxPage([], query.After);
            try
            {
                await Waiting.ForAsync(arrival, left.Wait, _loop.Time, cancellation);
            }
            finally
            {
                _loop.Box.Post(() => _loop.NoLongerWaits(arrival));
            }
        }
    }

    /// <summary>Removes messages for good; the answer comes when that is on stable storage.</summary>
    /// <exception cref="Storage.StoreException">The store failed; the messages are shown again. A retry is
    /// safe.</exception>
    public Task<AckResult> AckAsync(IReadOnlyList<InboxReference> ids) => _loop.AckAsync(ids);

    private async Task<InboxPage> ReadAsync(List<InboxEntry> entries, long after, CancellationToken cancellation)
    {
        var bodies = await _loop.Journal.ReadAsync([.. entries.Select(e => e.BodyKey)], cancellation);
        var items = new List<InboxItem>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            if (bodies[i] is { } body) items.Add(new InboxItem(entries[i].ToMessage(body), entries[i].Sequence));
            else _loop.Lost(entries[i]);
        }
        return new InboxPage(items, entries.Count == 0 ? after : entries[^1].Sequence);
    }
}
