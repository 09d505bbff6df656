using System.Globalization;
using Microsoft.AspNetCore.Http;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>Proves from the headers alone who asks, in nara's order and with its words; all refusals are 401 and
/// unsigned. The wall clock judges freshness: a nara peer cannot be told another time to sign with.</summary>
internal sealed class SyncAdmission(MeshNode node, SyncParts parts, Complaints complaints)
{
    private readonly SeenRequests _seen = new(node.Time);

    /// <summary>Null where it has been refused.</summary>
    public async ValueTask<SyncCaller?> AdmitAsync(HttpContext context)
    {
        var problem = Judge(context, out var caller);
        if (problem is null) return caller;
        await SyncAnswers.UnauthorizedAsync(context, problem);
        return null;
    }

    private string? Judge(HttpContext context, out SyncCaller? caller)
    {
        caller = null;
        var (headers, address) = (context.Request.Headers, context.Connection.RemoteIpAddress);
        var malformed = NaraHead.Read(
            One(headers, NaraHead.NameHeader), One(headers, NaraHead.TimestampHeader),
            One(headers, NaraHead.SignatureHeader), out var head);
        if (malformed is null && SyncProof.TryRead(
            One(headers, SyncProof.NonceHeader), One(headers, SyncProof.SignatureHeader), out _) == false)
            malformed = "malformed proof";
        if (malformed is not null)
        {
            complaints.MalformedHead(address);
            return malformed;
        }
        var age = node.Time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(head.Timestamp);
        if (age.Duration() > TimeSpan.FromMilliseconds(NaraHead.FreshFor))
            return string.Create(
                CultureInfo.InvariantCulture, $"timestamp too old or in future: {age.TotalSeconds:0.#######}s");
        if (parts.KeyOf(head.Name, node.Peers) is not { } key)
        {
            complaints.UnknownName(head.Name);
            return $"unknown sender: {head.Name}";
        }
        if (head.Signature.Length == 0) return "invalid signature encoding";
        if (!head.IsRequestSigned(parts.Signer, key, context.Request.Method, context.Request.Path.Value ?? ""))
        {
            complaints.WrongSignature(key);
            return "signature verification failed";
        }
        return Remember(context, new SyncCaller(key, head, ProofOf(headers)), out caller);
    }

    private string? Remember(HttpContext context, SyncCaller known, out SyncCaller? caller)
    {
        caller = known;
        var address = known.IsPluginNode ? null : context.Connection.RemoteIpAddress;
        switch (_seen.Add(known.Key, known.Proof?.Signature ?? known.Head.Signature, address))
        {
            case NonceVerdict.New:
                return null;
            case NonceVerdict.Seen:
                complaints.Replayed(known.Key);
                return "this request came before";
            default:
                complaints.TooMany(known.Key);
                return "too many requests";
        }
    }

    private static SyncProof? ProofOf(IHeaderDictionary headers) => SyncProof.TryRead(
        One(headers, SyncProof.NonceHeader), One(headers, SyncProof.SignatureHeader), out var proof) is true
        ? proof : null;

    private static string? One(IHeaderDictionary headers, string name) =>
        headers.TryGetValue(name, out var values) && values.Count == 1 ? values[0] : null;
}
