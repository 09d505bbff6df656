using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace PluginNode.MeshHttp;

/// <summary><c>GET /ping</c>: unsigned, for measuring and for a look from outside, as the nara mesh has it.</summary>
internal sealed class Ping(string name, TimeProvider time)
{
    public async Task AnswerAsync(HttpResponse response)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteNumber("t", (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100); // nanoseconds
            json.WriteString("from", name);
            json.WriteEndObject();
        }
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        await response.Body.WriteAsync(body.WrittenMemory);
    }
}
