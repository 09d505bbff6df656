namespace PluginNode.Identity;

/// <summary>The node's identity cannot be used; the message names the file or library and what to do.</summary>
public sealed class IdentityException(string message, Exception? inner = null) : Exception(message, inner);
