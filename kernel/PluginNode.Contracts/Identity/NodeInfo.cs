namespace PluginNode.Identity;

/// <summary>What plugins are told about the node that they run in, in their service container.</summary>
/// <param name="Name">What people call it: the key <c>node.name</c>.</param>
/// <param name="IsReadOnly">Whether it only listens: it answers no requests for events, announces nothing and records
/// no events of its own. Messages go in and out all the same. The key <c>node.readOnly</c>.</param>
public sealed record NodeInfo(string Name, bool IsReadOnly);
