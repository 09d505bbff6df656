using System.Diagnostics;

namespace PluginNode.Mqtt.Tests.Broker;

/// <summary>Programs of the machine.</summary>
internal static class Tool
{
    /// <summary>Its path, or null. Brokers lie where not every user's path leads.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/usr/local/sbin")
            .Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);

    /// <summary>Runs it to its end.</summary>
    public static async Task<string> RunAsync(string name, params string[] arguments)
    {
        using var process = Start(name, arguments);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Patience.Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"{name} does not end: {await output} {await error}");
        }
        Assert.That(process.ExitCode, Is.Zero, $"{name} {string.Join(' ', arguments)}: {await error}");
        return await output;
    }

    public static Process Start(string name, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Find(name) ?? name, arguments)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
}
