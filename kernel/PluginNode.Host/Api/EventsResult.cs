using System.Buffers;
using System.Text;
using PluginNode.Events;

namespace PluginNode.Api;

/// <summary>A page of events, written as it goes out: a page of 1 000 large events has 64 MiB.</summary>
/// <param name="page">They.</param>
/// <param name="codec">Writes each as it stands on the wires.</param>
internal sealed class EventsResult(LedgerPage page, EventCodec codec) : IResult
{
    /// <summary>What is written before the reader is waited for.</summary>
    internal const int BytesAtOnce = 64 << 10;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status200OK;
        httpContext.Response.ContentType = EventRoutes.Json;
        var json = httpContext.Response.BodyWriter;
        var written = 0;
        json.Write("{\"events\":["u8);
        foreach (var (index, @event) in page.Events.Index())
        {
            if (index > 0) json.Write(","u8);
            codec.Encode(@event, json);
            written += @event.Data.Length;
            if (written < BytesAtOnce) continue;
            await json.FlushAsync(httpContext.RequestAborted);
            written = 0;
        }
        json.Write("],\"next\":"u8);
        json.Write(page.Next is { } next ? Encoding.ASCII.GetBytes($"\"{next}\"") : "null"u8);
        json.Write("}"u8);
        await json.FlushAsync(httpContext.RequestAborted);
    }
}
