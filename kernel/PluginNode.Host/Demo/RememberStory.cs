using System.Text.Json;
using PluginNode.Api;
using PluginNode.Commands;
using PluginNode.Composition;
using PluginNode.Configuration;

namespace PluginNode.Demo;

/// <summary>What the demo's second act shows: a node with an empty ledger joins others, recovers all that they hold,
/// and says how complete that is.</summary>
/// <param name="holders">Nodes that record events of their own, and exchange them.</param>
/// <param name="join">Makes the node that joins, from whom it is to know.</param>
/// <param name="timeline">Where it is told.</param>
internal sealed class RememberStory(
    IReadOnlyList<DemoNode> holders, Func<IEnumerable<PeerSection>, DemoNode> join, Timeline timeline)
{
    private const int Events = 50_000;
    private const int AtOnce = 8; // of one node: they share commits
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(1);

    /// <summary>Plays it; true when it went as promised.</summary>
    public async Task<bool> PlayAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(holders.Select(h => h.StartAsync(cancellation)));
        foreach (var holder in holders)
            foreach (var other in holders.Where(o => o != holder)) await holder.MeetAsync(other, cancellation);
        var each = Events / holders.Count;
        await Task.WhenAll(holders.Select((h, i) => RecordAsync(
            h, i == 0 ? Events - (each * (holders.Count - 1)) : each, cancellation)));
        foreach (var holder in holders)
        {
            var ended = await RecoverAsync(holder, cancellation);
            timeline.Event(holder.Name, $"got the others' from them, and holds {ended.Coverage?.Events ?? 0} events");
        }

        var plugins = await holders[0].Api.GetAsync("/v1/plugins", ApiJson.Wire.PluginList, cancellation);
        using var newcomer = join(holders.Select(h => h.AsPeer(plugins.Value)));
        foreach (var holder in holders) await holder.MeetAsync(newcomer, cancellation); // they answer who they know
        await newcomer.StartAsync(cancellation);
        timeline.Event(newcomer.Name, $"joins, with an empty ledger (process {newcomer.ProcessId})");
        var end = await EndAsync(newcomer, before: null, cancellation);
        foreach (var step in end.Steps)
            timeline.Event(
                newcomer.Name, $"{step.Strategy} is {step.Outcome}: {step.Counts.Received} events received, "
                    + $"{step.Counts.Merged} of them new, each verified by {end.SignatureChecks}{Why(step.Reason)}");
        var share = ProgressText.Share(end.Coverage?.Share, end.Coverage?.ShareAtMost);
        timeline.Event(newcomer.Name, $"is {end.State}: {end.Coverage?.Events ?? 0} events, {share}");
        return end is { State: "recovered", Coverage: { Events: Events, Share: 1 } };
    }

    private static string Why(string? reason) => reason is null ? "" : $" ({reason})";

    private async Task RecordAsync(DemoNode holder, int count, CancellationToken cancellation)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForAsync(0, count, options, async (i, token) =>
        {
            var post = new EventPost
            {
                Service = "reading",
                Data = JsonElement.Parse($$"""{"sensor":"{{holder.Name}}-{{i % 40}}","number":{{i}},"unit":"kPa"}"""),
            };
            await holder.Api.CallAsync(
                HttpMethod.Post, "/v1/events", post, ApiJson.Wire.EventPost, ApiJson.Wire.JsonElement, token);
        });
        timeline.Event(holder.Name, $"recorded {count} events of its own: signed, and on stable storage");
    }

    // What began by itself when they met may still be at work.
    private async Task<RecoveryBody> RecoverAsync(DemoNode holder, CancellationToken cancellation)
    {
        while (true)
        {
            var before = await holder.Api.GetAsync("/v1/recovery", ApiJson.Wire.RecoveryBody, cancellation);
            try
            {
                await holder.Api.CallAsync(HttpMethod.Post, "/v1/recovery", null, cancellation);
                return await EndAsync(holder, before.Value.EndedAt, cancellation);
            }
            catch (ApiProblemException e) when (e.Status == StatusCodes.Status409Conflict)
            {
                await Task.Delay(AskEvery, TimeProvider.System, cancellation);
            }
        }
    }

    private async Task<RecoveryBody> EndAsync(DemoNode node, DateTime? before, CancellationToken cancellation)
    {
        var said = timeline.Elapsed;
        while (true)
        {
            var (_, state) = await node.Api.GetAsync("/v1/recovery", ApiJson.Wire.RecoveryBody, cancellation);
            if (state is { EndedAt: { } ended, UnderWay: false } && ended != before) return state;
            if (state.Progress is not null && timeline.Elapsed - said >= SayEvery)
            {
                said = timeline.Elapsed;
                timeline.Event(node.Name, RecoveryScreen.Line(state));
            }
            await Task.Delay(AskEvery, TimeProvider.System, cancellation);
        }
    }
}
