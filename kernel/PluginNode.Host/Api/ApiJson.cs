using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginNode.Api;

/// <summary>How the control API writes and reads JSON; the command line reads with it too.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RecoveryAskBody))]
[JsonSerializable(typeof(RecoveryAskResult))]
[JsonSerializable(typeof(SendBody))]
[JsonSerializable(typeof(SendResult))]
[JsonSerializable(typeof(BatchResult))]
[JsonSerializable(typeof(MessageBody))]
[JsonSerializable(typeof(MessageList))]
[JsonSerializable(typeof(DeadLetterList))]
[JsonSerializable(typeof(InboxList))]
[JsonSerializable(typeof(AckBody))]
[JsonSerializable(typeof(AckAnswer))]
[JsonSerializable(typeof(PeerPut))]
[JsonSerializable(typeof(PeerBody))]
[JsonSerializable(typeof(PeerList))]
[JsonSerializable(typeof(PluginList))]
[JsonSerializable(typeof(EventPost))]
[JsonSerializable(typeof(ClockBody))]
[JsonSerializable(typeof(EventList))]
[JsonSerializable(typeof(RecoveryBody))]
[JsonSerializable(typeof(HealthBody))]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire: it is read as JSON and never as HTML, so that <c>+</c> may stay
    /// <c>+</c>.</summary>
    public static ApiJson Wire => Wired.Context;

    // A class of its own, so that the generated Default exists before it.
    private static class Wired
    {
        public static readonly ApiJson Context = new(
            new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
