using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Logging;
using PluginNode.Storage;

namespace PluginNode.Commands;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoreReport))]
internal sealed partial class StoreJson : JsonSerializerContext;

/// <summary><c>pluginnode store</c>.</summary>
internal static class StoreCommand
{
    public static Command Create()
    {
        var check = new Command("check", "Read every byte of the store of a node that is not running; writes nothing");
        check.SetAction(CheckAsync);
        return new Command("store", "Look after the store") { check };
    }

    private static async Task<int> CheckAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var settings = Shared.Settings(parsed);
        if (settings.Sections.Store == NodeSettings.MemoryStore)
            throw new StartException("store: 'memory' keeps nothing that could be checked");
        using var loggers = LineLogs.Create(
            parsed.InvocationConfiguration.Error, TimeProvider.System, LogLevel.Warning);
        // A copy of its own: the node's copies may be in use.
        var run = TemporaryFolder.Create("pluginnode-");
        try
        {
            var services = NodeServices.Offline(settings, TimeProvider.System, loggers);
            var plugins = PluginSet.Load(settings, run.FullName, services.AddTo, loggers.CreateLogger("PluginNode.Node"));
            try
            {
                var (store, name) = plugins.ChooseStore(settings.Sections.Store);
                if (store is not IStoreCheck checkable)
                    throw new StartException($"store: '{name}' can't be checked while the node is stopped");
                return await CheckAsync(checkable, parsed, cancellation);
            }
            finally
            {
                await plugins.DisposeAsync(TimeProvider.System);
            }
        }
        finally
        {
            run.Delete(recursive: true);
        }
    }

    private static async Task<int> CheckAsync(IStoreCheck store, ParseResult parsed, CancellationToken cancellation)
    {
        using var progress = Console.IsErrorRedirected ? null : new ProgressLine(Console.Error);
        var report = await store.CheckAsync(progress, cancellation);
        progress?.Dispose();
        var screen = Shared.Screen(parsed);
        screen.Fields(JsonSerializer.Serialize(report, StoreJson.Default.StoreReport),
        [
            ("records", report.Records.ToString(CultureInfo.InvariantCulture)),
            ("bytes", report.Bytes.ToString(CultureInfo.InvariantCulture)),
            ("last sequence", report.LastSequence.ToString(CultureInfo.InvariantCulture)),
            ("damage", report.Damage.Count == 0 ? "none" : report.Damage.Count.ToString(CultureInfo.InvariantCulture)),
        ]);
        if (!screen.IsJson && report.Damage.Count > 0)
            screen.Table("", "", ["where", "bytes", "what", "sequence"], report.Damage.Select(d => new[]
            {
                d.Where, d.Bytes.ToString(CultureInfo.InvariantCulture), d.What,
                d.Sequence?.ToString(CultureInfo.InvariantCulture),
            }));
        return report.Damage.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>One line on a terminal that is written over and over, and gone at the end.</summary>
    private sealed class ProgressLine(TextWriter terminal) : IProgress<(long Read, long Total)>, IDisposable
    {
        private readonly Lock _gate = new();
        private long _shown = -1;

        public void Report((long Read, long Total) value)
        {
            var percent = value.Total == 0 ? 100 : value.Read * 100 / value.Total;
            lock (_gate)
            {
                if (percent == _shown) return;
                _shown = percent;
                terminal.Write($"\rchecking {percent} % of {value.Total >> 20} MiB ");
            }
        }

        public void Dispose()
        {
            lock (_gate)
            {
                if (_shown >= 0) terminal.Write("\r\e[K");
                _shown = -1;
            }
        }
    }
}
