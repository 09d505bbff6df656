using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Events;

namespace PluginNode.Kernel.Tests.Events;

[TestFixture]
public sealed class CanonicalJsonTests
{
    [Test]
    public void Write_SampleOfRfc8785_IsAsInSection324()
    {
        const string input = """
            {
              "numbers": [333333333.33333329, 1E30, 4.50,
                          2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """;
        const string expected =
            "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b"
            + "3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22"
            + "e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d";
        Assert.That(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Canonical(input))), Is.EqualTo(expected));
    }

    [Test]
    public void Write_MemberNames_AreOrderedByUtf16CodeUnits() // RFC 8785, section 3.2.3
    {
        const string input = """
            {
              "\u20ac": "Euro Sign",
              "\r": "Carriage Return",
              "\ufb33": "Hebrew Letter Dalet With Dagesh",
              "1": "One",
              "\ud83d\ude00": "Emoji: Grinning Face",
              "\u0080": "Control",
              "\u00f6": "Latin Small Letter O With Diaeresis"
            }
            """;
        Assert.That(
            JsonNode.Parse(Canonical(input))!.AsObject().Select(m => (string)m.Value!), Is.EqualTo(
            [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
            ]));
    }

    // RFC 8785, appendix B
    [TestCase("0000000000000000", "0")]
    [TestCase("8000000000000000", "0")]
    [TestCase("0000000000000001", "5e-324")]
    [TestCase("8000000000000001", "-5e-324")]
    [TestCase("7fefffffffffffff", "1.7976931348623157e+308")]
    [TestCase("ffefffffffffffff", "-1.7976931348623157e+308")]
    [TestCase("4340000000000000", "9007199254740992")]
    [TestCase("c340000000000000", "-9007199254740992")]
    [TestCase("4430000000000000", "295147905179352830000")]
    [TestCase("44b52d02c7e14af5", "9.999999999999997e+22")]
    [TestCase("44b52d02c7e14af6", "1e+23")]
    [TestCase("44b52d02c7e14af7", "1.0000000000000001e+23")]
    [TestCase("444b1ae4d6e2ef4e", "999999999999999700000")]
    [TestCase("444b1ae4d6e2ef4f", "999999999999999900000")]
    [TestCase("444b1ae4d6e2ef50", "1e+21")]
    [TestCase("3eb0c6f7a0b5ed8c", "9.999999999999997e-7")]
    [TestCase("3eb0c6f7a0b5ed8d", "0.000001")]
    [TestCase("41b3de4355555553", "333333333.3333332")]
    [TestCase("41b3de4355555554", "333333333.33333325")]
    [TestCase("41b3de4355555555", "333333333.3333333")]
    [TestCase("41b3de4355555556", "333333333.3333334")]
    [TestCase("41b3de4355555557", "333333333.33333343")]
    [TestCase("becbf647612f3696", "-0.0000033333333333333333")]
    [TestCase("43143ff3c1cb0959", "1424953923781206.2")]
    public void Write_Number_IsAsInAppendixB(string bits, string expected)
    {
        var value = BitConverter.UInt64BitsToDouble(
            ulong.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Span<byte> text = stackalloc byte[32];
        var formatted = Encoding.ASCII.GetString(text[..CanonicalNumber.Format(value, text)]);
        Assert.Multiple(() =>
        {
            Assert.That(formatted, Is.EqualTo(expected));
            Assert.That(Canonical(value.ToString("E16", CultureInfo.InvariantCulture)), Is.EqualTo(expected));
        });
    }

    [TestCase("9007199254740993", TestName = "Write_IntegerThatNoDoubleIs_IsRefused")]
    [TestCase("18446744073709551615", TestName = "Write_LargestUnsignedInteger_IsRefused")]
    [TestCase("1e400", TestName = "Write_NumberBeyondADouble_IsRefused")]
    [TestCase("""{"a":1,"\u0061":2}""", TestName = "Write_MemberTwice_IsRefused")]
    [TestCase("\"\\ud800\"", TestName = "Write_HalfASurrogatePair_IsRefused")]
    [TestCase("{\"\\udc00\":1}", TestName = "Write_HalfASurrogatePairInAName_IsRefused")]
    [TestCase("1 2", TestName = "Write_TwoValues_AreRefused")]
    [TestCase("", TestName = "Write_Nothing_IsRefused")]
    [TestCase("{\"a\":01}", TestName = "Write_NoJson_IsRefused")]
    [TestCase("\u00ff\"", TestName = "Write_NoJsonAtAll_IsRefused")]
    [TestCase("[1,]", TestName = "Write_TrailingComma_IsRefused")]
    public void Write_OtherInput_IsRefused(string json) =>
        Assert.That(ProblemOf(json), Is.Not.Null.And.Not.Contain("\n"));

    [Test]
    public void Write_NotUtf8_IsRefused() => Assert.That(
        CanonicalJson.Write([(byte)'"', 0xC3, (byte)'"'], new ArrayBufferWriter<byte>()), Does.Contain("UTF-8"));

    [Test]
    public void Write_Depth_IsBounded()
    {
        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
        Assert.Multiple(() =>
        {
            Assert.That(Canonical(Nested(CanonicalJson.MaxDepth)), Is.EqualTo(Nested(CanonicalJson.MaxDepth)));
            Assert.That(ProblemOf(Nested(CanonicalJson.MaxDepth + 1)), Is.Not.Null);
            Assert.That(ProblemOf(Nested(30_000)), Is.Not.Null);
        });
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool Write_ItsOwnOutput_ChangesNothing(int seed)
    {
        var once = Canonical(new SomeJson(seed).Value());
        return Canonical(once) == once;
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool Write_AnyValue_KeepsWhatItMeans(int seed)
    {
        var json = new SomeJson(seed).Value();
        return JsonNode.DeepEquals(Numbers(JsonNode.Parse(json)), Numbers(JsonNode.Parse(Canonical(json))));
    }

    [FsCheck.NUnit.Property]
    public bool Format_AnyDouble_ReadsBackAsItself(long bits)
    {
        var value = BitConverter.Int64BitsToDouble(unchecked(bits * 0x5851F42D4C957F2D));
        if (!double.IsFinite(value)) return true;
        Span<byte> text = stackalloc byte[32];
        return double.Parse(text[..CanonicalNumber.Format(value, text)], CultureInfo.InvariantCulture).Equals(value);
    }

    private static string? ProblemOf(string json) =>
        CanonicalJson.Write(Encoding.UTF8.GetBytes(json), new ArrayBufferWriter<byte>());

    private static string Canonical(string json)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.That(CanonicalJson.Write(Encoding.UTF8.GetBytes(json), output), Is.Null, json);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    // Every number as the double that it is.
    private static JsonNode? Numbers(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Select(m => KeyValuePair.Create(m.Key, Numbers(m.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Numbers)]),
        JsonValue v when v.GetValueKind() == System.Text.Json.JsonValueKind.Number =>
            JsonValue.Create(BitConverter.DoubleToInt64Bits(v.GetValue<double>() + 0.0)),
        _ => node?.DeepClone(),
    };
}
