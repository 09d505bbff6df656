using System.Globalization;
using Spectre.Console;

namespace PluginNode.Commands;

/// <summary>Tables for people, or JSON for programs.</summary>
internal sealed class Screen(TextWriter output, bool json)
{
    // Wide enough for a peer id beside an address: output that goes to a file or a program is never wrapped.
    private const int UnboundedWidth = 400;

    /// <summary>Whether JSON is wanted.</summary>
    public bool IsJson => json;

    /// <summary>Writes the JSON, or else a table; without rows, what it says then.</summary>
    public void Table(string document, string empty, IReadOnlyList<string> columns, IEnumerable<string?[]> rows)
    {
        if (json)
        {
            output.WriteLine(document);
            return;
        }
        var table = new Table().Border(TableBorder.Simple);
        // Where it is too wide the last column is wrapped: texts stand there, numbers and ids before them.
        foreach (var (index, column) in columns.Index())
            table.AddColumn(new TableColumn(new Text(column)) { NoWrap = index < columns.Count - 1 });
        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(Harmless(cell ?? ""))));
        if (table.Rows.Count == 0) output.WriteLine(empty);
        else Write(table);
    }

    /// <summary>Writes the JSON, or else a list of names and values; empty values are left out.</summary>
    public void Fields(string document, IEnumerable<(string Name, string? Value)> fields)
    {
        if (json)
        {
            output.WriteLine(document);
            return;
        }
        foreach (var (name, value) in fields)
            if (!string.IsNullOrEmpty(value)) output.WriteLine($"{name,-14} {Harmless(value)}");
    }

    /// <summary>Writes the JSON, or else a line.</summary>
    public void Line(string document, string line) => output.WriteLine(json ? document : line);

    /// <summary>A time as people here read it.</summary>
    public static string Time(DateTime? utc) =>
        utc?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";

    /// <summary>Control characters of a stranger's text must not reach a terminal.</summary>
    public static string Harmless(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;

    private void Write(Table table)
    {
        var terminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = InteractionSupport.No,
        });
        if (!terminal) console.Profile.Width = UnboundedWidth;
        console.Write(table);
    }
}
