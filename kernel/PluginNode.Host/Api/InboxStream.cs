using System.Globalization;
using System.Text.Json;
using PluginNode.Composition;
using PluginNode.Delivery;

namespace PluginNode.Api;

/// <summary><c>GET /v1/inbox/stream</c>: server-sent events, each a message with its cursor as the event's id, so that
/// a client that comes back continues where it was (<c>Last-Event-ID</c>).</summary>
internal static class InboxStream
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public static async Task RunAsync(
        HttpContext context, RunningNode node, string? protocol = null, string? from = null, long after = 0)
    {
        if (long.TryParse(context.Request.Headers["Last-Event-ID"], CultureInfo.InvariantCulture, out var last)) after = last;
        var query = new InboxQuery(protocol, InboxRoutes.From(from, node), after, Limit: 16, KeepAlive);
        var ends = Waits.Token(context);
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        await response.StartAsync(ends);
        await response.Body.FlushAsync(ends);
        while (!ends.IsCancellationRequested)
        {
            InboxPage page;
            try
            {
                page = await node.Kernel.Inbox.ListAsync(query, ends);
            }
            catch (OperationCanceledException) when (ends.IsCancellationRequested)
            {
                return;
            }
            foreach (var item in page.Items) await WriteAsync(response, item, node, context.RequestAborted);
            if (page.Items.Count == 0) await response.WriteAsync(": still here\n\n", context.RequestAborted);
            await response.Body.FlushAsync(context.RequestAborted);
            query = query with { After = page.Next };
        }
    }

    private static Task WriteAsync(HttpResponse response, InboxItem item, RunningNode node, CancellationToken cancellation)
    {
        var json = JsonSerializer.Serialize(
            InboxMessageBody.Of(item, node.Kernel.Peers), ApiJson.Wire.InboxMessageBody);
        return response.WriteAsync(
            string.Create(CultureInfo.InvariantCulture, $"id: {item.Cursor}\nevent: message\ndata: {json}\n\n"), cancellation);
    }
}
