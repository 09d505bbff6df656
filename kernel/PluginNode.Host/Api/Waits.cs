namespace PluginNode.Api;

/// <summary>Bounds of what clients ask for.</summary>
internal static class Waits
{
    /// <summary>Fires when the client goes away, and when the node stops: a long poll must not hold it up.</summary>
    public static CancellationToken Token(HttpContext context)
    {
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        context.Response.RegisterForDispose(either);
        return either.Token;
    }

    /// <summary>How many entries a page may have, 1–1000.</summary>
    /// <exception cref="ProblemException">400.</exception>
    public static int Limit(int limit) => limit is >= 1 and <= 1000
        ? limit
        : throw new ProblemException(StatusCodes.Status400BadRequest, "limit: 1 to 1000 is needed");
}
