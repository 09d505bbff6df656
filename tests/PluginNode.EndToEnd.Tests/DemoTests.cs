using System.Diagnostics;

namespace PluginNode.EndToEnd.Tests;

/// <summary>What a newcomer sees first.</summary>
[TestFixture]
public sealed class DemoTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [Test]
    public async Task Demo_PlaysBothActs_AsPromised()
    {
        using var patience = new CancellationTokenSource(Patience);
        var start = new ProcessStartInfo(Path.Combine(NodeProcess.Staged, "pluginnode"), ["demo"])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var demo = Process.Start(start)!;
        try
        {
            var (output, error) = (
                demo.StandardOutput.ReadToEndAsync(patience.Token), demo.StandardError.ReadToEndAsync(patience.Token));
            var text = $"{await output}\n{await error}";
            await demo.WaitForExitAsync(patience.Token);
            TestContext.Out.WriteLine(text);
            Assert.Multiple(() =>
            {
                Assert.That(demo.ExitCode, Is.Zero);
                Assert.That(text, Does.Contain("The message arrived once"));
                Assert.That(text, Does.Contain("is recovered: 50000 events, 100 %"));
                Assert.That(text, Does.Not.Contain("not what was promised"));
            });
        }
        finally
        {
            if (!demo.HasExited) demo.Kill(entireProcessTree: true);
        }
    }
}
