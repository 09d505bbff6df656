using PluginNode.Api;
using PluginNode.Configuration;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Import;

namespace PluginNode.Commands;

/// <summary>What came of one entry.</summary>
/// <param name="Number">Its place in the file, from 1.</param>
/// <param name="Id">Its id here.</param>
/// <param name="Peer">Whom it is for, a peer id.</param>
/// <param name="Protocol">Its protocol.</param>
/// <param name="Bytes">Of its payload.</param>
/// <param name="AddedAt">When the older program took it, in its words.</param>
/// <param name="Outcome"><c>imported</c>, <c>skipped</c>, <c>failed</c> or <c>not tried</c>.</param>
/// <param name="State">Imported: how the message stands in the outbox.</param>
/// <param name="Reason">Else: why, and what to do.</param>
internal sealed record ImportedEntry(
    int Number, Guid Id, string Peer, string Protocol, int Bytes, string AddedAt, string Outcome, string? State = null,
    string? Reason = null);

/// <summary>
/// Hands the entries of an older outbox to a running node, one after the other in their order: each has an id of its
/// own, under which the node takes it once. It ends at the first that the node does not take, so that none overtakes.
/// </summary>
internal sealed class OutboxImport(ApiClient node, NodeSettings settings)
{
    private readonly List<ImportedEntry> _results = [];
    private readonly List<string> _added = [];

    public IReadOnlyList<ImportedEntry> Results => _results;

    /// <summary>The peers that were added, by name, which is their peer id.</summary>
    public IReadOnlyList<string> PeersAdded => _added;

    /// <summary>False where an entry was not taken.</summary>
    public async Task<bool> RunAsync(IReadOnlyList<OlderEntry> entries, CancellationToken cancellation)
    {
        var wanted = entries.Where(e => Obstacle(e) is null).ToList();
        string? failed = null;
        try
        {
            if (wanted.Count > 0) await AddPeersAsync(wanted, cancellation);
        }
        catch (ApiProblemException e)
        {
            failed = e.Message;
        }
        foreach (var (index, entry) in entries.Index())
        {
            var result = new ImportedEntry(
                index + 1, entry.Id, entry.PeerText, entry.Protocol, entry.Payload.Length, entry.AddedAt, "skipped");
            if (Obstacle(entry) is { } obstacle) _results.Add(result with { Reason = obstacle });
            else if (failed is not null) _results.Add(result with { Outcome = "not tried", Reason = failed });
            else
            {
                var (state, problem) = await SendAsync(entry, cancellation);
                failed = problem is null ? null : $"entry {index + 1} was not taken; import again once that is cured";
                _results.Add(result with
                {
                    Outcome = problem is null ? "imported" : "failed", State = state, Reason = problem,
                });
            }
        }
        return failed is null;
    }

    /// <summary>Why an entry is not imported, and what to do; null where it is.</summary>
    private string? Obstacle(OlderEntry entry)
    {
        if (!settings.Kernel.Protocols.TryGetValue(entry.Protocol, out var level))
            return "its protocol is unknown here; map it to critical in delivery.protocols, restart the node and "
                + "import again, if it is still wanted";
        if (level != DeliveryLevel.Critical.Name)
            return $"its protocol is {level} here, and only critical messages outlive a program; send it anew, if it "
                + "is still wanted";
        if (entry.Peer is not { } peer)
            return "its peer has no Ed25519 key, and others are not reached from here; send it by other means";
        if (PublicKeys.Problem(peer) is { } problem) return $"its peer id is no usable key: {problem}";
        return entry.Payload.Length > settings.Kernel.Limits.Payload
            ? $"it is larger than delivery.limits.payload, {settings.Kernel.Limits.Payload} bytes; raise that, restart "
                + "the node and import again"
            : null;
    }

    private async Task AddPeersAsync(List<OlderEntry> entries, CancellationToken cancellation)
    {
        var list = await node.GetAsync("/v1/peers", ApiJson.Wire.PeerList, cancellation);
        var known = list.Value.Peers.Select(p => p.PeerId).ToHashSet(StringComparer.Ordinal);
        foreach (var peer in entries.GroupBy(e => e.Peer!.Value))
        {
            var name = peer.Key.ToString();
            if (known.Contains(name)) continue;
            var put = new PeerPut
            {
                PublicKey = Convert.ToBase64String(peer.Key.ToPublicKey()),
                Addresses = [.. peer.SelectMany(e => e.Addresses).Select(a => a.Text).Distinct(StringComparer.Ordinal)],
                SendOnly = true,
            };
            await node.CallAsync(
                HttpMethod.Put, $"/v1/peers/{name}", put, ApiJson.Wire.PeerPut, ApiJson.Wire.PeerBody, cancellation);
            _added.Add(name);
        }
    }

    private async Task<(string? State, string? Problem)> SendAsync(OlderEntry entry, CancellationToken cancellation)
    {
        var body = new SendBody
        {
            To = entry.PeerText, Protocol = entry.Protocol, Payload = entry.Payload.ToArray(),
            Level = DeliveryLevel.Critical.Name, Id = entry.Id, Attributes = entry.Attributes,
        };
        try
        {
            var answer = await node.CallAsync(
                HttpMethod.Post, "/v1/messages", body, ApiJson.Wire.SendBody, ApiJson.Wire.SendResult, cancellation);
            return (answer.Value.State, null);
        }
        catch (ApiProblemException e)
        {
            return (null, e.Message);
        }
    }
}
