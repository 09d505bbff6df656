using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PluginNode.Configuration;

namespace PluginNode.Api;

/// <summary>Decodes what a client sent, and tells it everything that is wrong at once.</summary>
internal static class JsonBody
{
    /// <summary>Reads the whole body; the route's size limit bounds it. The media type does not matter: what protects
    /// against other web pages is the token and the guard.</summary>
    /// <exception cref="ProblemException">400, naming every problem.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type) where T : class
    {
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(request.HttpContext.RequestAborted);
            if (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }
            try
            {
                return Decode(read.Buffer, type);
            }
            finally
            {
                reader.AdvanceTo(read.Buffer.End); // also what is wrong was read: the connection goes on
            }
        }
    }

    /// <summary>Decodes one document.</summary>
    /// <exception cref="ProblemException">400, naming every problem.</exception>
    public static T Decode<T>(ReadOnlySequence<byte> utf8, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            var value = JsonSerializer.Deserialize(ref reader, type);
            if (value is not null && !reader.Read()) return value;
            throw new ProblemException(StatusCodes.Status400BadRequest, "one JSON object is needed");
        }
        // A name that is no text, half of a surrogate pair, is no fault of the JSON to the decoder.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ProblemException(StatusCodes.Status400BadRequest, Explain(utf8, type, e));
        }
    }

    private static string Explain(ReadOnlySequence<byte> utf8, JsonTypeInfo type, Exception error)
    {
        if (utf8.IsEmpty) return "a JSON object is needed as the body";
        var problems = new List<string>();
        try
        {
            using var document = JsonDocument.Parse(utf8);
            StrictJson.Check(document.RootElement, type, "", problems);
        }
        catch (JsonException e)
        {
            problems.Add(StrictJson.Explain(e));
        }
        catch (InvalidOperationException)
        {
            problems.Add(StrictJson.NoText);
        }
        if (problems.Count > 0) return string.Join("; ", problems);
        return error is { InnerException: InvalidOperationException } ? StrictJson.NoText : error.Message;
    }
}
