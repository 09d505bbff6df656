using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Frames;

/// <summary>
/// Whether a signed request may be answered, the cheapest question first:
/// <code>live → head → recipient → sender known → signature → clock → nonce</code>
/// Up to the signature nothing is answered: whoever made it up would have this node write to somebody else's topic. Any
/// thread.
/// </summary>
internal sealed class RequestJudge(MqttNode node)
{
    // At one request a frame and full speed a peer uses about 8 700 a second within the time that nonces are kept.
    private const int NoncesPerPeer = 1 << 18;

    private readonly SessionClock _session = new(node.Time);
    private readonly NonceCache _nonces = new(NoncesPerPeer, MqttWire.FreshFor);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();

    public Complaints Complaints { get; } = new(node.Time, node.Loggers.CreateLogger<MqttTransport>());

    /// <summary>Whether a known peer signed it for this node; what is not is passed over.</summary>
    /// <param name="message">What came.</param>
    /// <param name="use">What it must be signed for.</param>
    /// <param name="request">Its head.</param>
    public bool IsSigned(MqttMessage message, string use, out FrameRequest request)
    {
        var payload = message.Payload.Span;
        request = default;
        if (message.Retain || !FrameRequest.TryRead(payload, out request) || request.To != node.Signer.Self)
            Complaints.Malformed();
        else if (!node.Peers.TakesFrom(request.From)) Complaints.UnknownSender(request.From);
        else if (request.IsSigned(node.Signer, payload, use)) return true;
        else Complaints.WrongSignature(request.From);
        return false;
    }

    /// <summary>Whether it is fresh and new.</summary>
    /// <param name="request">A signed one.</param>
    /// <param name="bytes">Of all of it.</param>
    /// <param name="answer">What to answer where it is not; null: nothing.</param>
    public bool IsFresh(in FrameRequest request, int bytes, out Told? answer)
    {
        var now = _session.Now;
        // its bytes take their time, and its nonce is kept for as long
        var behind = request.Timestamp + (long)MqttWire.TransferTime(bytes).TotalMilliseconds;
        var verdict = request.Timestamp < _session.Start || request.Timestamp - now > MqttWire.FreshFor
            || now - behind > MqttWire.FreshFor
            ? NonceVerdict.Stale : _nonces.Add(request.From, request.Nonce, behind, now);
        answer = null;
        switch (verdict)
        {
            case NonceVerdict.New:
                return true;
            case NonceVerdict.Stale:
                answer = TellTime(request, now);
                return false;
            case NonceVerdict.Seen:
                // QoS 1 may bring it twice, and the first one is answered. To answer this too could overtake that.
                LogMessages.CameAgain(_logger, request.From.ToString());
                return false;
            default:
                Complaints.TooMany(request.From);
                answer = NotTaken("too many requests");
                return false;
        }
    }

    /// <summary>Says that nothing was taken, and why.</summary>
    public static Told NotTaken(string reason) =>
        new(AnswerKind.NotTaken, System.Text.Encoding.UTF8.GetBytes(reason));

    private Told TellTime(in FrameRequest request, long now)
    {
        Complaints.NotFresh(request.From, TimeSpan.FromMilliseconds(now - request.Timestamp));
        var body = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(body, now);
        return new Told(AnswerKind.Clock, body);
    }
}
