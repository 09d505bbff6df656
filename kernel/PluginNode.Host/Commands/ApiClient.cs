using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PluginNode.Api;
using PluginNode.Composition;

namespace PluginNode.Commands;

/// <summary>There is no node at that address.</summary>
internal sealed class NotReachableException(string message) : Exception(message);

/// <summary>The node answered with a problem.</summary>
internal sealed class ApiProblemException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}

/// <summary>An answer, as it came and decoded.</summary>
internal readonly record struct Answer<T>(string Json, T Value);

/// <summary>Talks to a node's control API.</summary>
internal sealed class ApiClient(Uri address, string tokenFile) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = address,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<Answer<T>> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        Decode(await CallAsync(HttpMethod.Get, path, null, cancellation), type);

    public async Task<Answer<T>> CallAsync<T>(
        HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        Decode(await CallAsync(method, path, null, cancellation), type);

    public async Task<Answer<TAnswer>> CallAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> type,
        CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, bodyType));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return Decode(await CallAsync(method, path, content, cancellation), type);
    }

    /// <summary>The answer's text.</summary>
    /// <exception cref="NotReachableException">Nobody answers there.</exception>
    /// <exception cref="ApiProblemException">The node says what is wrong.</exception>
    public async Task<string> CallAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token());
        try
        {
            using var response = await _http.SendAsync(request, cancellation);
            var text = await response.Content.ReadAsStringAsync(cancellation);
            return response.IsSuccessStatusCode ? text : throw Problem(response.StatusCode, text);
        }
        catch (HttpRequestException e)
        {
            throw new NotReachableException($"no node answers at {address}: {e.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private string Token()
    {
        try
        {
            return ApiToken.Load(tokenFile).Text;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NotReachableException($"there is no {tokenFile}: this node was never started");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"api.tokenFile: {tokenFile} can't be read: {e.Message}");
        }
    }

    private static Answer<T> Decode<T>(string json, JsonTypeInfo<T> type)
    {
        if (json.Length == 0) return default;
        try
        {
            return new Answer<T>(json, JsonSerializer.Deserialize(json, type)!);
        }
        catch (JsonException)
        {
            throw new ApiProblemException(200, "what answers there is no node, or one of another version");
        }
    }

    private static ApiProblemException Problem(HttpStatusCode status, string text)
    {
        try
        {
            var problem = JsonSerializer.Deserialize(text, ApiJson.Wire.ProblemBody);
            return new ApiProblemException((int)status, problem?.Detail ?? problem?.Title ?? $"the node answered {(int)status}");
        }
        catch (JsonException)
        {
            return new ApiProblemException((int)status, $"what answers there is no node; it said {(int)status}");
        }
    }
}
