using Microsoft.Extensions.Logging;
using PluginNode.Events;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Ledger;

/// <summary>
/// Answers ledger requests as nara does. Nobody signs them, so an answer may go to somebody who did not ask: it goes to
/// the topic of a name that is known here and nowhere else, whatever response topic a request names, and seldom.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="parts">Its ledger.</param>
/// <param name="publish">Publishes answers; null, or why one can't be.</param>
/// <param name="mostBytes">The largest response that the broker takes.</param>
internal sealed class NaraAnswers(
    MqttNode node, LedgerParts parts, Func<MqttMessage, CancellationToken, Task<string?>> publish,
    Func<long> mostBytes)
{
    /// <summary>Most events of one response; what is more comes in further ones.</summary>
    public const int EventsEach = 250;

    /// <summary>Most bytes of one response, unless a single event has more.</summary>
    public const int MostBytes = 128 << 10;

    // more names than anybody knows: it would only cost time
    private const int MostRequestBytes = 1 << 20;

    private readonly SenderLimits<string> _each = new(1, 5, node.Time);
    private readonly SenderLimits<bool> _all = new(10, 20, node.Time);
    private readonly RareLog<string> _told = new(node.Time);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();

    /// <summary>Answers one request; the handler of the subscription waits for it.</summary>
    public async ValueTask TakeAsync(MqttMessage message, CancellationToken cancellation)
    {
        if (message.Retain || message.Payload.Length > MostRequestBytes
            || NaraLedgerRequest.Read(message.Payload.Span) is not { } request
            || request.From == parts.Name || !NaraTopics.IsName(request.From)) return;
        var to = request.From;
        if (node.Peers.Find(to) is null && parts.Keys?.Find(to) is null)
        {
            if (_told.May(to)) LogMessages.UnknownAsker(_logger, to);
            return;
        }
        if (!_each.TryTake(to) || !_all.TryTake(true))
        {
            if (_told.May(to)) LogMessages.AsksTooOften(_logger, to);
            return;
        }
        var most = Math.Min(MostBytes, mostBytes());
        foreach (var events in NaraLedgerResponse.Cut(Pick(request.Subjects ?? []), EventsEach, most))
        {
            var problem = await publish(
                new MqttMessage
                {
                    Topic = NaraTopics.ResponseTo(to), Payload = new NaraLedgerResponse(parts.Name, events).ToJson(),
                },
                cancellation);
            if (problem is not null && _told.May(to)) LogMessages.NaraNotAnswered(_logger, to, problem);
        }
    }

    // the newest ones, oldest first
    private List<NaraSocial> Pick(IReadOnlyList<string> subjects)
    {
        if (subjects.Count == 0) return [];
        var query = new LedgerQuery
        {
            Mode = LedgerMode.Recent, Services = [NaraSocial.Service], Subjects = subjects,
            Limit = LedgerQuery.MostEvents,
        };
        List<NaraSocial> found = [.. parts.Ledger.Read(query).Events.Select(NaraSocial.Of).OfType<NaraSocial>()];
        found.Reverse();
        return found;
    }
}
