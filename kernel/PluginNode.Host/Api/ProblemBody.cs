using Microsoft.AspNetCore.WebUtilities;

namespace PluginNode.Api;

/// <summary>What every error answers: problem details, RFC 9457.</summary>
/// <param name="Type">Always <c>about:blank</c>: the status says what kind it is.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What is wrong and what to do.</param>
/// <param name="Id">The message that it is about, where there is one.</param>
public sealed record ProblemBody(string Type, string Title, int Status, string? Detail, Guid? Id = null)
{
    /// <summary>Its media type.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>The problem of that status.</summary>
    public static ProblemBody Of(int status, string? detail, Guid? id = null) =>
        new("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, id);

    /// <summary>It as an endpoint's result.</summary>
    public static IResult Result(int status, string detail, Guid? id = null) => Of(status, detail, id).ToResult();

    /// <summary>It as an endpoint's result.</summary>
    public IResult ToResult() => TypedResults.Json(this, ApiJson.Wire.ProblemBody, MediaType, Status);

    /// <summary>Writes it where no endpoint does.</summary>
    public Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        return context.Response.WriteAsJsonAsync(this, ApiJson.Wire.ProblemBody, MediaType, context.RequestAborted);
    }
}

/// <summary>A request that ends here with a problem.</summary>
public sealed class ProblemException(int status, string detail) : Exception(detail)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;
}
