namespace PluginNode.Conformance;

/// <summary>Makes what one part of a test tells another. Who waits goes on by itself, never inside of the call that
/// gives the signal: a test that went on there would hold up what it then waits for.</summary>
public static class Signal
{
    /// <summary>One that tells that something happened.</summary>
    public static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One that tells what it was.</summary>
    public static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
