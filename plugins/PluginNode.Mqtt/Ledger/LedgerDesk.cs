using System.Text;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Mqtt.Frames;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Ledger;

/// <summary>What a running transport does with ledgers. Requests are read with QoS 0, so that a flood of them is
/// dropped and holds up nothing else; who gets no answer asks somebody else. Signed answers have QoS 1: what was read
/// and signed is not thrown away by a broker that is busy.</summary>
internal sealed class LedgerDesk : ILedgerCalls
{
    private readonly MqttNode _node;
    private readonly LedgerParts _parts;
    private readonly MqttClient _client;
    private readonly PresenceBoard _board;
    private readonly SignedCalls _calls;
    private readonly NaraCalls _naras;
    private readonly EventsAnswers _answers;
    private readonly NaraAnswers _naraAnswers;

    public LedgerDesk(
        MqttNode node, LedgerParts parts, MqttClient client, PresenceBoard board, SignedCalls calls,
        SignedAnswers answers, FrameSender sender)
    {
        (_node, _parts, _client, _board, _calls) = (node, parts, client, board, calls);
        _naras = new NaraCalls(parts.Name, node.Time, PublishAsync);
        _answers = new EventsAnswers(node, parts, answers, peer => sender.MostBytes(peer).Most);
        _naraAnswers = new NaraAnswers(
            node, parts, PublishAsync, () => client.State.MaximumPacketBytes - MqttWire.Overhead);
    }

    /// <summary>Subscribes to what this node is asked and told.</summary>
    /// <param name="takeAnswer">Takes signed answers.</param>
    /// <param name="stop">Gives up.</param>
    public IEnumerable<Task> Subscribe(Func<MqttMessage, ValueTask> takeAnswer, CancellationToken stop)
    {
        var (self, name) = (_node.Signer.Self, _parts.Name);
        yield return _client.SubscribeAsync(
            Topics.EventsOf(self), MqttQos.AtLeastOnce, (message, _) => takeAnswer(message), stop);
        if (_parts.Answers) yield return ListenAsync(Topics.LedgerOf(self), (m, _) => _answers.TakeAsync(m), stop);
        if (!NaraTopics.IsName(name)) yield break;
        yield return ListenAsync(NaraTopics.ResponseTo(name), (message, _) => _naras.TakeAsync(message), stop);
        if (_parts.Answers) yield return ListenAsync(NaraTopics.RequestTo(name), _naraAnswers.TakeAsync, stop);
    }

    /// <inheritdoc/>
    public async Task<PageReply> PageAsync(
        PeerId peer, EventsAsk ask, TimeSpan limit, CancellationToken cancellation)
    {
        if (IsNowhere(peer)) return Failed("no PluginNode has said that it is there") with { IsNobodyThere = true };
        var reply = await AskAsync(peer, ask, limit, cancellation);
        return reply.Events is { } list
            ? new PageReply(list[1..], Encoding.UTF8.GetString(list[0].Span), null)
            : Failed(reply.Reason) with { IsNobodyThere = reply.IsNobodyThere || IsStranger(peer, reply) };
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LedgerDay>?> DaysAsync(
        PeerId peer, TimeSpan limit, CancellationToken cancellation) => IsNowhere(peer)
        ? null : (await AskAsync(peer, new EventsAsk { Days = true }, limit, cancellation)).Days;

    /// <inheritdoc/>
    public async Task<NaraReply> NaraAsync(
        string name, IReadOnlyList<string> subjects, TimeSpan limit, CancellationToken cancellation) =>
        NaraTopics.IsName(_parts.Name)
            ? await _naras.AskAsync(name, subjects, limit, cancellation)
            : new NaraReply([], 0, "node.name does not fit into a topic, so that no nara could answer");

    // somebody who watches all topics, or another broker, may keep the broker from saying that nobody is there
    private bool IsStranger(PeerId peer, Reply reply) => reply.IsSilence && _board.MaxPacketOf(peer) is null;

    // 5.0 says at once that nobody is there; 3.1.1 does not, and a nara would be waited for in vain
    private bool IsNowhere(PeerId peer) =>
        _client.State.Version == MqttVersion.V311 && _board.MaxPacketOf(peer) is null;

    private async Task<Reply> AskAsync(PeerId peer, EventsAsk ask, TimeSpan limit, CancellationToken cancellation)
    {
        var body = ask.ToJson();
        var call = new SignedCall(
            link => link.Ledger, request => request.Write(body, [], FrameRequest.EventsUse, _node.Signer), limit);
        var reply = await _calls.AskAsync(peer, call, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return reply;
    }

    private static PageReply Failed(string reason) => new([], "", reason);

    private Task<MqttSubscription> ListenAsync(
        string topic, Func<MqttMessage, CancellationToken, ValueTask> take, CancellationToken stop) =>
        _client.SubscribeAsync(topic, MqttQos.AtMostOnce, take, stop);

    private async Task<string?> PublishAsync(MqttMessage message, CancellationToken cancellation)
    {
        if (_client.State is { Phase: not MqttPhase.Connected } state)
            return $"no connection to the broker{(state.Text.Length > 0 ? ": " : "")}{state.Text}";
        var result = await _client.PublishAsync(message, cancellation);
        return result.IsTaken ? null : $"the broker did not take it: {result.Text}";
    }
}
