using System.Collections.ObjectModel;
using System.Text;
using PluginNode.Configuration;
using PluginNode.Delivery;
using PluginNode.Identity;

namespace PluginNode.Api;

/// <summary>The body of <c>POST /v1/messages</c>.</summary>
public sealed record SendBody
{

    /// <summary>The peer's name or peer id.</summary>
    public required string To { get; init; }

    /// <summary>What the message is for.</summary>
    public required string Protocol { get; init; }

    /// <summary>The payload in base64; this or <see cref="Text"/>.</summary>
    public byte[]? Payload { get; init; }

    /// <summary>The payload as text, sent as UTF-8.</summary>
    public string? Text { get; init; }

    /// <summary>The delivery level; by default what the policy says for the protocol.</summary>
    public string? Level { get; init; }

    /// <summary>The ordering key.</summary>
    public string? Key { get; init; }

    /// <summary>How long it may wait.</summary>
    public Duration? Ttl { get; init; }

    /// <summary>The caller's own id, a UUID, which makes sending again safe.</summary>
    public Guid? Id { get; init; }

    /// <summary>Travels with the message.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    private static IReadOnlyDictionary<string, string> Empty => ReadOnlyDictionary<string, string>.Empty;

    /// <summary>What the kernel is asked for.</summary>
    /// <exception cref="ProblemException">400 or 404.</exception>
    public SendRequest ToRequest(IPeerDirectory peers)
    {
        if (Payload is null == Text is null)
            throw new ProblemException(StatusCodes.Status400BadRequest, "either payload (base64) or text is needed");
        foreach (var (name, value) in Attributes ?? Empty) // the decoder lets nulls in
            if (value is null)
                throw new ProblemException(
                    StatusCodes.Status400BadRequest, $"attributes.{name}: a text in quotes is needed");
        var request = new SendRequest
        {
            To = PeerReference.Resolve(To, peers),
            Protocol = Protocol,
            Payload = Payload ?? Encoding.UTF8.GetBytes(Text!),
            Level = Level,
            Key = Key ?? "",
            TimeToLive = Ttl?.Value,
            Id = Id,
        };
        return Attributes is null ? request : request with { Attributes = Attributes };
    }
}
