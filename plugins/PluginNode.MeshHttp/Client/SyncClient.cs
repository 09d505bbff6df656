using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;
using PluginNode.Sync;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Client;

/// <summary>
/// Asks one neighbour for one page, sample, slice, for its newest events or its days, by HTTP or over another transport
/// that can ask. Believes what that neighbour signed in headers and body, or what that transport proved, and hands
/// over each event's JSON, which is for the kernel to verify. Whatever a neighbour does is an outcome and never an
/// exception. Callable from any number of threads at once.
/// </summary>
internal sealed class SyncClient(
    MeshHttpOptions options, MeshNode node, SyncParts parts, IPeerRequests? requests = null)
    : INeighbourCalls, IDisposable
{
    /// <summary>The smallest page that a slow neighbour is asked for.</summary>
    public const int Smallest = 50;

    // nara's cap; a legacy peer that was asked for less may bring as many
    private const int MostEvents = LedgerQuery.MostEvents;
    private const int MostDays = 1 << 17;

    // what a nara peer with the largest page may send is more than this node would
    private readonly int _mostBytes = Math.Max(16 << 20, 2 * options.MaxSyncBytes);
    private readonly SyncHttp _http = new(options, node, parts);
    private readonly SyncRequests? _requests = requests is null ? null : new(options, requests, node.Time);
    private readonly ConcurrentDictionary<PeerId, long> _sizes = new();

    /// <inheritdoc/>
    public IReadOnlyList<PeerAddress> AddressesOf(Neighbour neighbour)
    {
        // one stands for all: the kernel goes through them by itself
        var asked = requests?.AddressesOf(neighbour.Id).Take(1).ToList() ?? [];
        return [.. neighbour.Addresses.Where(a => a.Scheme == MeshWire.Scheme || asked.Contains(a))];
    }

    /// <summary>As below, within what the settings allow.</summary>
    public Task<SyncReply> AskAsync(SyncNeighbour to, SyncRequest request, CancellationToken cancellation) =>
        AskAsync(to, request, callTime: null, cancellation);

    /// <inheritdoc/>
    public async Task<SyncReply> AskAsync(
        SyncNeighbour to, SyncRequest request, TimeSpan? callTime, CancellationToken cancellation)
    {
        var size = request.Size is <= 0 or > MostEvents ? MostEvents : request.Size;
        var isLess = _sizes.TryGetValue(to.Key, out var most) && most < size && HasMode(request);
        if (isLess) size = most;
        long bytes = 0;
        while (true)
        {
            var reply = await OnceAsync(to, request.Of(size), callTime, cancellation);
            bytes += reply.Bytes;
            var isTooMuch = reply.Outcome is AskOutcome.TooSlow or AskOutcome.TooLarge;
            // half of a slice is no slice: that is for who cuts them
            if (!isTooMuch || !HasMode(request) || size <= Smallest)
            {
                // a link that was slow once is tried with more, little by little
                if (reply.HasAnswer && isLess) _sizes[to.Key] = size + (size / 4);
                return reply with { Asked = size, Bytes = bytes };
            }
            (size, isLess) = (Math.Max(Smallest, size / 4), false);
            _sizes[to.Key] = size;
        }
    }

    /// <inheritdoc/>
    public async Task<DaysReply> DaysAsync(SyncNeighbour to, CancellationToken cancellation)
    {
        var body = new GrowingBody(_mostBytes);
        var json = new SyncRequest { From = parts.Signer.Name }.ToJson();
        var reply = await WireOf(to).AskAsync(
            to, SyncProof.DaysPath, json, body, _ => null, callTime: null, cancellation);
        if (!reply.HasAnswer) return new DaysReply(reply, []);
        if (!reply.IsPluginNode)
            return new DaysReply(SyncReply.Failed(AskOutcome.WrongSignature, $"{to.Name} signed as a nara peer"), []);
        return ReadDays(body.Bytes.Span) is { } days
            ? new DaysReply(reply, days)
            : new DaysReply(SyncReply.Failed(AskOutcome.Malformed, "these are no days"), []);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Whether the body's own signature is over these ids, as they came.</summary>
    internal static bool IsSigned(EventsDecoder decoder, INaraSigner signer, PeerId key)
    {
        var signature = new byte[ISigner.SignatureBytes];
        if (!RequestHead.TryBase64(decoder.Signature, signature)) return false;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{decoder.From}:{decoder.Ts}:")));
        hash.AppendData(decoder.Ids);
        return signer.Verify(key, hash.GetHashAndReset(), signature);
    }

    private ISyncWire WireOf(SyncNeighbour to) =>
        to.Address.Scheme != MeshWire.Scheme && _requests is { } others ? others : _http;

    private static bool HasMode(SyncRequest request) =>
        request.Mode is SyncRequest.Page or SyncRequest.Sample or SyncRequest.Recent;

    private static List<LedgerDay>? ReadDays(ReadOnlySpan<byte> json)
    {
        try
        {
            var answer = JsonSerializer.Deserialize(json, DaysJson.Default.DaysAnswer);
            if (answer?.Days is not { Count: <= MostDays } entries) return null;
            var days = new List<LedgerDay>(entries.Count);
            foreach (var entry in entries)
            {
                if (entry is not { Count: > 0 }
                    || !DateOnly.TryParseExact(
                        entry.Day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                    || (days.Count > 0 && days[^1].Day >= day)
                    || !EventId.TryParse(entry.Fingerprint, out var fingerprint)) return null;
                days.Add(new LedgerDay(day, entry.Count, fingerprint.Value));
            }
            return days;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<SyncReply> OnceAsync(
        SyncNeighbour to, SyncRequest request, TimeSpan? callTime, CancellationToken cancellation)
    {
        var body = new GrowingBody(_mostBytes);
        var decoder = new EventsDecoder(MostEvents);
        request = request with { From = parts.Signer.Name };
        // who knows modes does not look at it; who does not shows by giving more than its mode asked for
        if (HasMode(request) && request.MaxEvents == 0 && request.Size < MostEvents)
            request = request with { MaxEvents = request.Size + 1 };
        var wire = WireOf(to);
        var reply = await wire.AskAsync(
            to, NaraHead.EventsPath, request.ToJson(), body,
            isWhole => decoder.Look(body.Bytes.Span, isWhole) ? null : decoder.Problem, callTime, cancellation);
        if (!reply.HasAnswer) return reply;
        if (wire.NeedsSignedEvents && (decoder.From != to.Name || !IsSigned(decoder, parts.Signer, to.Key)))
            return SyncReply.Failed(AskOutcome.WrongSignature, $"the body is not signed by {to.Name}");
        var bytes = body.Bytes;
        reply = reply with { Events = [.. decoder.Events.Select(e => bytes[e])], Marks = decoder.Marks };
        return Cursors.Understand(request, reply, decoder.Times, decoder.NextCursor);
    }
}
