namespace PluginNode.Libp2p;

/// <summary>Why a connection, a stream or a dial came to nothing.</summary>
public enum Libp2pFault
{
    /// <summary>The remote sent what its protocol does not allow.</summary>
    Malformed = 0,

    /// <summary>A limit of this side or of the other one.</summary>
    Limit,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>The remote is another peer than the one that was dialled, or could not prove who it is.</summary>
    Authentication,

    /// <summary>The remote does not speak the protocol that was asked for.</summary>
    NotSupported,

    /// <summary>One side reset the stream.</summary>
    Reset,

    /// <summary>The connection has ended, cleanly or not.</summary>
    Closed,

    /// <summary>No address led to the peer.</summary>
    Unreachable,
}

/// <summary>What ended a connection, a stream or a dial. The message is a sentence for people.</summary>
public sealed class Libp2pException(Libp2pFault fault, string message, Exception? inner = null)
    : IOException(message, inner)
{
    /// <summary>The kind of it.</summary>
    public Libp2pFault Fault { get; } = fault;

    internal static Libp2pException Malformed(string message) => new(Libp2pFault.Malformed, message);
}
