using System.Text;

namespace PluginNode.Fuzz.Machine;

/// <summary>An input that breaks a target's property.</summary>
/// <param name="Target">Which decoder.</param>
/// <param name="Try">The try of its run; 0 where it is no run's.</param>
/// <param name="Input">The input.</param>
/// <param name="What">What is wrong, whole.</param>
internal sealed record Find(string Target, long Try, byte[] Input, string What)
{
    /// <summary>Runs one input; null where the property holds.</summary>
    public static Find? In(FuzzTarget target, byte[] input, out Verdict verdict, long attempt = 0)
    {
        try
        {
            verdict = target.Check(input);
            return null;
        }
        catch (BrokenPropertyException e)
        {
            verdict = default;
            return new Find(target.Name, attempt, input, e.Message);
        }
        catch (Exception e)
        {
            verdict = default;
            return new Find(target.Name, attempt, input, $"throws {e}");
        }
    }

    /// <summary>What it is, without what differs between two inputs that show the same fault.</summary>
    public string Shape => ShapeOf(What.Split('\n', 3) is [var first, var at, ..] ? $"{first}|{at}" : What);

    /// <summary>A text without its numbers and quotations, at most 100 characters.</summary>
    public static string ShapeOf(string text)
    {
        var shape = new StringBuilder();
        var quoted = false;
        foreach (var c in text.Where(c => c < 0x7f))
        {
            if (c is '\'' or '"') quoted = !quoted;
            if (shape.Length == 100) break;
            if (quoted || char.IsControl(c)) continue;
            if (!char.IsAsciiDigit(c)) shape.Append(c);
            else if (shape.Length == 0 || shape[^1] != '#') shape.Append('#');
        }
        return shape.ToString();
    }
}
