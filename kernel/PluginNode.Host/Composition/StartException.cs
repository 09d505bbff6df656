namespace PluginNode.Composition;

/// <summary>The node can't start; the message says which key is concerned, why, and what to do.</summary>
public sealed class StartException(string message) : Exception(message);
