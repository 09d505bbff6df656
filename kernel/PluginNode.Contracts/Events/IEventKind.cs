using System.Buffers;

namespace PluginNode.Events;

/// <summary>
/// What the data of one service means. Registered as a singleton in <see cref="Plugins.IPluginBuilder.Services"/>; a
/// plugin may register many. A second kind of a service is refused, and its plugin faulted. Two nodes must read the
/// same data in the same way, for ever: what is written into the content is what emitters sign.
/// <para>May also implement <see cref="IKeyedKind"/> or <see cref="IVouchedKind"/>.</para>
/// </summary>
public interface IEventKind
{
    /// <summary>The service, as <see cref="Event.IsService"/> has it, e.g. <c>hey-there</c>. Constant.</summary>
    string Service { get; }

    /// <summary>The member of an event's JSON that holds the data, e.g. <c>hey_there</c>; it may be that of other kinds
    /// too, and none of <c>id ts svc emitter emitter_id sig</c>. Constant.</summary>
    string Member { get; }

    /// <summary>
    /// Reads an event's data and writes its canonical content: the part that goes into the id and under the signature.
    /// Called before anything is verified, so with whatever a hostile peer can think of; from any number of threads at
    /// once. The result may depend on the data alone, and not on a clock, on settings or on chance. Doing it again is
    /// always safe.
    /// </summary>
    /// <param name="data">Well-formed JSON in valid UTF-8, at most <see cref="Event.MaxDataBytes"/>, at most 32 deep.
    /// The kernel's; not to be kept.</param>
    /// <param name="content">Receives the content, at most 1 MiB. What it holds means nothing where the data is not
    /// valid. The kernel's; not to be kept.</param>
    /// <returns>Who, whom and how important, or why the data is not valid. Never throws for what is in the data; what
    /// is thrown all the same is a fault of the plugin, and makes the event one that is not valid.</returns>
    EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content);
}
