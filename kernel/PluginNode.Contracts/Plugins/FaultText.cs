namespace PluginNode.Loading;

/// <summary>What a plugin threw, as text: the object would keep the plugin's load context alive.</summary>
public static class FaultText
{
    /// <summary>The type's name and the message; a plugin's own exception may fail even at that.</summary>
    public static string Of(Exception e)
    {
        try
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
        catch (Exception)
        {
            return $"{e.GetType().Name}: its message cannot be read";
        }
    }
}
