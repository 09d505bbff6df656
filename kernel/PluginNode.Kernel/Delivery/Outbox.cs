using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Wire;

namespace PluginNode.Delivery;

/// <summary>
/// Every accepted envelope that has not ended, and the dead letters. All members may be called from any thread; the
/// state is owned by one loop.
/// </summary>
public sealed class Outbox
{
    private readonly OutboxLoop _loop;
    private readonly OneAttempt _oneAttempt;
    private readonly DeliveryPolicy _policy;
    private readonly KernelOptions _options;
    private readonly IChance _chance;

    internal Outbox(
        OutboxLoop loop, OneAttempt oneAttempt, DeliveryPolicy policy, KernelOptions options, IChance chance)
    {
        _loop = loop;
        _oneAttempt = oneAttempt;
        _policy = policy;
        _options = options;
        _chance = chance;
    }

    /// <summary>
    /// Takes a message. A persisted level is on stable storage when the task completes with
    /// <see cref="SendVerdict.Accepted"/>. Calls made one after the other without waiting keep their order in the lane
    /// and share commits. The task fails for nothing but a fault of the node itself, or because it has stopped.
    /// </summary>
    /// <param name="request">The message.</param>
    /// <param name="cancellation">For level <c>none</c>: gives up the attempt. A message that is being accepted is
    /// accepted all the same: cancel it by its id.</param>
    public async Task<SendReply> SendAsync(SendRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var id = request.Id ?? _chance.NewId();
        if (Problem(request) is { } problem) return new SendReply(SendVerdict.Invalid, id, Reason: problem);
        if (TooLarge(request) is { } size) return new SendReply(SendVerdict.TooLarge, id, Reason: size);
        var level = request.Level is null ? _policy.LevelFor(request.Protocol) : _policy.Find(request.Level);
        if (level is null)
            return new SendReply(SendVerdict.Invalid, id, Reason: $"level: there is no delivery level '{request.Level}'");
        if (!level.Queued) return await _oneAttempt.SendAsync(request, id, level, cancellation);
        return await _loop.AdmitAsync(request, id, level, request.Id is null ? 0 : Digest(request));
    }

    /// <summary>A message that waits, is a dead letter, or ended not long ago; else null.</summary>
    public Task<MessageView?> FindAsync(Guid id) => _loop.Box.AskAsync(() => _loop.Find(id));

    /// <summary>Messages, oldest first.</summary>
    public Task<IReadOnlyList<MessageView>> ListAsync(MessageQuery query) => _loop.Box.AskAsync(() => _loop.List(query));

    /// <summary>Tries a waiting message now, and what waits before it in its lane.</summary>
    public Task<ChangeResult> RetryAsync(Guid id) => _loop.Box.AskAsync(() => _loop.Retry(id));

    /// <summary>Cancels. A message in flight is waited for: if its outcome stays unknown it ends as
    /// <i>maybeDelivered</i>.</summary>
    public Task<ChangeResult> CancelAsync(Guid id) => _loop.ChangeAsync(id, _loop.Cancel);

    /// <summary>Puts a dead letter behind what waits in its lane now.</summary>
    public Task<ChangeResult> ReplayAsync(Guid id) => _loop.ChangeAsync(id, _loop.Replay);

    /// <summary>Forgets a dead letter for good.</summary>
    public Task<ChangeResult> PurgeAsync(Guid id) => _loop.ChangeAsync(id, _loop.Purge);

    /// <summary>Waits until the message has ended, or the token fires, and tells how it stands then; null:
    /// unknown.</summary>
    public async Task<MessageView?> WaitForEndAsync(Guid id, CancellationToken cancellation)
    {
        if (await _loop.Box.AskAsync(() => _loop.WaitForEnd(id)) is { } ended)
        {
            try
            {
                await Waiting.ForAsync(ended, Timeout.InfiniteTimeSpan, _loop.Time, cancellation);
            }
            catch (OperationCanceledException)
            {
                _loop.Box.Post(() => _loop.NoLongerWaits(id, ended));
            }
        }
        return await FindAsync(id);
    }

    private static string? Problem(SendRequest r)
    {
        if (r.Protocol.Length is 0 or > FrameCodec.MaxNameBytes) return "protocol: 1 to 255 characters are needed";
        if (r.Protocol.Any(char.IsControl)) return "protocol: no control characters";
        if (r.Key.Length > FrameCodec.MaxNameBytes) return "key: at most 255 characters";
        if (r.Key.Any(char.IsControl)) return "key: no control characters";
        if (r.TimeToLive <= TimeSpan.Zero) return "ttl: must be positive";
        if (r.Id == Guid.Empty) return "id: must not be the empty UUID";
        return r.Attributes.Count > FrameCodec.MaxAttributes
            ? $"attributes: at most {FrameCodec.MaxAttributes}" : null;
    }

    private string? TooLarge(SendRequest r)
    {
        if (r.Payload.Length > _options.Limits.Payload)
            return $"the payload has {r.Payload.Length} bytes; delivery.limits.payload is {_options.Limits.Payload}";
        return r.Attributes.Sum(a => a.Key.Length + a.Value.Length) > FrameCodec.MaxAttributeBytes
            ? $"the attributes have more than {FrameCodec.MaxAttributeBytes} characters" : null;
    }

    /// <summary>What makes two sends with the caller's own id the same.</summary>
    private static UInt128 Digest(SendRequest r)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(ReadOnlySpan<byte> bytes)
        {
            hash.AppendData(BitConverter.GetBytes((long)bytes.Length));
            hash.AppendData(bytes);
        }
        Add(r.To.ToPublicKey());
        foreach (var text in (string[])[r.Protocol, r.Level ?? "", r.Key, r.TimeToLive?.Ticks.ToString("D", null) ?? ""])
            Add(Encoding.UTF8.GetBytes(text));
        foreach (var (name, value) in r.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            Add(Encoding.UTF8.GetBytes(name));
            Add(Encoding.UTF8.GetBytes(value));
        }
        Add(r.Payload.Span);
        return FrameCodec.Short(hash.GetHashAndReset());
    }
}
