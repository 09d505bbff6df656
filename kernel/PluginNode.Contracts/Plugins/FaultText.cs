namespace PluginNode.Plugins;

/// <summary>What a plugin threw, as text: the object would keep the plugin's load context alive. A plugin's own
/// exception may fail even at saying what happened. Not for plugins; it stands here because all of the node knows this
/// assembly.</summary>
internal static class FaultText
{
    /// <summary>The type's name and the message, one line.</summary>
    public static string Of(Exception e) => $"{e.GetType().Name}: {MessageOf(e)}";

    /// <summary>The message alone, one line: for exceptions whose type says nothing more.</summary>
    public static string MessageOf(Exception e)
    {
        try
        {
            return $"{e.Message}".ReplaceLineEndings(" ");
        }
        catch (Exception)
        {
            return "its message cannot be read";
        }
    }

    /// <summary>All of it, where it happened included: for logs.</summary>
    public static string InFull(Exception e)
    {
        try
        {
            return e.ToString();
        }
        catch (Exception)
        {
            return $"{Of(e)}{Environment.NewLine}{e.StackTrace}";
        }
    }
}
