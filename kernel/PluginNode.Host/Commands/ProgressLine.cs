namespace PluginNode.Commands;

/// <summary>One line of a terminal that is written over and over; of anything else, nothing. On standard error, so that
/// what a command answers stays whole.</summary>
internal sealed class ProgressLine(TextWriter error) : IDisposable
{
    private readonly bool _terminal = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;
    private int _length;

    /// <summary>Writes over what it said before.</summary>
    public void Show(string text)
    {
        if (!_terminal) return;
        var width = Math.Max(1, Console.WindowWidth - 1);
        text = Screen.Harmless(text.Length > width ? text[..width] : text);
        error.Write('\r' + text.PadRight(_length));
        _length = text.Length;
    }

    /// <summary>Takes away what it said.</summary>
    public void Clear()
    {
        if (_length == 0) return;
        error.Write('\r' + new string(' ', _length) + '\r');
        _length = 0;
    }

    /// <summary>Takes away what it said: an error has a line of its own.</summary>
    public void Dispose() => Clear();
}
