using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Identity;
using PluginNode.Import;

namespace PluginNode.Commands;

/// <summary>What <c>outbox import --json</c> prints.</summary>
/// <param name="Imported">Entries that the node has, those of an earlier import included.</param>
/// <param name="Skipped">Entries that are not imported.</param>
/// <param name="PeersAdded">Peers that were added; nothing that they send is taken.</param>
/// <param name="Entries">All, in their order.</param>
/// <param name="Hints">What to set, so that imported messages end.</param>
internal sealed record ImportReport(
    int Imported, int Skipped, IReadOnlyList<string> PeersAdded, IReadOnlyList<ImportedEntry> Entries,
    IReadOnlyList<string> Hints);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImportReport))]
internal sealed partial class ImportJson : JsonSerializerContext;

/// <summary><c>pluginnode outbox</c>.</summary>
internal static class OutboxCommand
{
    // It is read as JSON and never as HTML.
    private static readonly ImportJson Relaxed = new(new JsonSerializerOptions(ImportJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    private static readonly Argument<string> FileName = new("file")
    {
        Description = "The older program's dnt_cache.bin",
    };

    private static readonly Option<string> Key = new("--key")
    {
        Description = "The Ed25519 key of the node that wrote it, PKCS#8 PEM", Required = true,
    };

    public static Command Create()
    {
        var import = new Command(
            "import",
            "Hand the messages that an older program kept to the running node. What is critical in its configuration "
            + "is taken, once, however often this is run; the rest is listed with what to do. Unknown peers are added; "
            + "nothing that they send is taken")
        {
            FileName, Key,
        };
        import.SetAction(ImportAsync);
        return new Command("outbox", "Take over the outbox of an older program") { import };
    }

    private static async Task<int> ImportAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var settings = Shared.Settings(parsed);
        var entries = await ReadAsync(parsed.GetValue(FileName)!, parsed.GetValue(Key)!, cancellation);
        using var node = Shared.Node(parsed);
        var import = new OutboxImport(node, settings);
        var isWhole = await import.RunAsync(entries, cancellation);
        Show(Shared.Screen(parsed), import, settings);
        return isWhole ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<IReadOnlyList<OlderEntry>> ReadAsync(
        string file, string key, CancellationToken cancellation)
    {
        try
        {
            var bytes = await File.ReadAllBytesAsync(file, cancellation);
            using var identity = NodeIdentity.Load(key);
            return OlderOutbox.Read(identity, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{file} can't be read: {e.Message}");
        }
        catch (IdentityException e)
        {
            throw new StartException($"--key: {e.Message}");
        }
        catch (OlderOutboxException e)
        {
            throw new StartException($"{file}: {e.Message}. Nothing was imported.");
        }
    }

    private static void Show(Screen screen, OutboxImport import, NodeSettings settings)
    {
        var imported = import.Results.Where(r => r.Outcome == "imported").ToList();
        var skipped = import.Results.Count(r => r.Outcome == "skipped");
        List<string> hints =
        [
            .. imported.Select(r => r.Protocol).Distinct(StringComparer.Ordinal)
                .Where(p => !settings.Kernel.EndsOnSent.Contains(p))
                .Select(p => $"delivery.endsOn: without {p} → sent its messages go on until a peer acknowledges them, "
                    + "which programs that know no frames cannot do"),
        ];
        var report = new ImportReport(imported.Count, skipped, import.PeersAdded, import.Results, hints);
        screen.Table(
            JsonSerializer.Serialize(report, Relaxed.ImportReport), "the file holds no messages",
            ["#", "peer", "protocol", "bytes", "outcome", "state", "why"], import.Results.Select(Row));
        if (screen.IsJson) return;
        screen.Line("", $"{imported.Count} imported, {skipped} skipped, {import.PeersAdded.Count} peers added");
        foreach (var hint in hints) screen.Line("", hint);
    }

    private static string?[] Row(ImportedEntry e) =>
    [
        e.Number.ToString(CultureInfo.InvariantCulture), e.Peer, e.Protocol,
        e.Bytes.ToString(CultureInfo.InvariantCulture), e.Outcome, e.State, e.Reason,
    ];
}
