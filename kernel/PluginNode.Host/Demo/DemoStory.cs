using PluginNode.Api;
using PluginNode.Composition;
using PluginNode.Delivery;

namespace PluginNode.Demo;

/// <summary>What the demo shows: a message is accepted for a node that is down, its sender is killed, and it still
/// arrives, once.</summary>
internal sealed class DemoStory(DemoNode sender, DemoNode receiver, Timeline timeline)
{
    private const string Text = "the lamp in hall 3 is on";
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Plays it; true when it went as promised.</summary>
    public async Task<bool> PlayAsync(CancellationToken cancellation)
    {
        var protocol = sender.Configuration.ProtocolOf(DeliveryLevel.Critical.Name)
            ?? throw new StartException($"delivery.protocols maps nothing to {DeliveryLevel.Critical.Name}");
        await sender.StartAsync(cancellation);
        timeline.Event(sender.Name, $"runs (process {sender.ProcessId})");
        timeline.Event(receiver.Name, "is down");
        await IntroduceAsync(receiver, sender, cancellation);

        var body = new SendBody { To = receiver.Name, Protocol = protocol, Text = Text, Id = Guid.CreateVersion7() };
        var accepted = await SendAsync(body, cancellation);
        timeline.Event(sender.Name, $"accepted \"{Text}\" for {receiver.Name}; durability: {accepted.Durability}");
        await FirstAttemptAsync(accepted.Id, cancellation);

        await sender.KillAsync();
        timeline.Event(sender.Name, "killed with kill -9");

        await receiver.StartAsync(cancellation);
        timeline.Event(receiver.Name, $"runs (process {receiver.ProcessId})");
        await IntroduceAsync(sender, receiver, cancellation);
        await sender.StartAsync(cancellation);
        timeline.Event(sender.Name, $"runs again (process {sender.ProcessId}); nobody sends the message again by hand");

        var arrived = await InboxAsync("?wait=30s", cancellation);
        if (arrived.Count == 0)
        {
            timeline.Event(receiver.Name, "has nothing: this should not happen");
            return false;
        }
        timeline.Event(receiver.Name, $"has \"{arrived[0].Text}\" from {arrived[0].FromName} in its inbox");

        var again = await SendAsync(body, cancellation);
        timeline.Event(sender.Name, $"is handed the same message again, with the same id; it answers: {again.State}");
        var all = await InboxAsync("", cancellation);
        timeline.Event(receiver.Name, $"has {all.Count} message{(all.Count == 1 ? "" : "s")} in its inbox");
        await AcknowledgeAsync(all, cancellation);
        return all.Count == 1 && all[0].Id == accepted.Id && all[0].Text == Text;
    }

    private async Task IntroduceAsync(DemoNode who, DemoNode to, CancellationToken cancellation)
    {
        var peer = await to.MeetAsync(who, cancellation);
        timeline.Event(to.Name, $"knows {who.Name} at {string.Join(", ", peer.Addresses)}");
    }

    private async Task<SendResult> SendAsync(SendBody body, CancellationToken cancellation)
    {
        var answer = await sender.Api.CallAsync(
            HttpMethod.Post, "/v1/messages", body, ApiJson.Wire.SendBody, ApiJson.Wire.SendResult, cancellation);
        return answer.Value;
    }

    private async Task FirstAttemptAsync(Guid id, CancellationToken cancellation)
    {
        var limit = timeline.Elapsed + TimeSpan.FromSeconds(10);
        while (timeline.Elapsed < limit)
        {
            var message = await sender.Api.GetAsync($"/v1/messages/{id}", ApiJson.Wire.MessageBody, cancellation);
            if (message.Value.History is [.., var last])
            {
                timeline.Event(sender.Name, $"tried in vain: {last.Outcome}");
                return;
            }
            await Task.Delay(AskEvery, TimeProvider.System, cancellation);
        }
    }

    private async Task<IReadOnlyList<InboxMessageBody>> InboxAsync(string query, CancellationToken cancellation)
    {
        var list = await receiver.Api.GetAsync($"/v1/inbox{query}", ApiJson.Wire.InboxList, cancellation);
        return list.Value.Messages;
    }

    private async Task AcknowledgeAsync(IReadOnlyList<InboxMessageBody> messages, CancellationToken cancellation)
    {
        var body = new AckBody { Ids = messages.Select(m => m.Id.ToString()).ToList() };
        await receiver.Api.CallAsync(
            HttpMethod.Post, "/v1/inbox/ack", body, ApiJson.Wire.AckBody, ApiJson.Wire.AckAnswer, cancellation);
        timeline.Event(receiver.Name, "acknowledged it, so the inbox is empty again");
    }
}
