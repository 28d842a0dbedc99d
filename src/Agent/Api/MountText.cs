using System.Globalization;
using System.Text.Json;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>A mount of HostConfig.Mounts as the value of <c>--mount</c> that means the same.</summary>
internal static class MountText
{
    /// <summary>The option and its value: <c>--tmpfs</c> has words that <c>--mount</c> has not.</summary>
    public static (string Option, string Value) Of(JsonElement mount)
    {
        JsonElement tmpfs = JsonBody.Object(mount, "TmpfsOptions") ?? default;
        return Text(mount, "Type") == "tmpfs" && TmpfsWords(tmpfs) is { Count: > 0 } words
            ? ("tmpfs", InMemory(mount, tmpfs, words)) : ("mount", InFields(mount, tmpfs));
    }

    // [["noexec"], ["uid", "1000"]]
    private static List<string> TmpfsWords(JsonElement tmpfs)
    {
        var words = new List<string>();
        if (Field(tmpfs, "Options") is not { } options) return words;
        if (options.ValueKind != JsonValueKind.Array) throw Wrong("Options", "a list of lists");
        foreach (JsonElement option in options.EnumerateArray())
        {
            if (option.ValueKind != JsonValueKind.Array || option.GetArrayLength() is not (1 or 2))
                throw Wrong("Options", "a list of lists of one or two words");
            words.Add(string.Join('=', option.EnumerateArray().Select(word =>
                word.ValueKind == JsonValueKind.String ? Part("Options", word.GetString()!, ',')
                    : throw Wrong("Options", "strings"))));
        }
        return words;
    }

    private static string InMemory(JsonElement mount, JsonElement tmpfs, List<string> words)
    {
        string target = Text(mount, "Target");
        if (target.Contains(':') || Text(mount, "Source").Length > 0)
            throw ApiException.Bad($"invalid mount \"{target}\": tmpfs takes no Source, and with Options no colon");
        if (Truth(mount, "ReadOnly") is true) words.Add("ro");
        if (Number(tmpfs, "SizeBytes") is { } size and not 0) words.Add($"size={size}");
        if (Number(tmpfs, "Mode") is { } mode and not 0) words.Add($"mode={Convert.ToString(mode, 8)}");
        return $"{target}:{string.Join(',', words)}";
    }

    private static string InFields(JsonElement mount, JsonElement tmpfs)
    {
        CsvText text = new CsvText().Add("type", Text(mount, "Type")).Add("source", Text(mount, "Source"))
            .Add("target", Text(mount, "Target")).Add("readonly", Truth(mount, "ReadOnly") is true ? "true" : "")
            .Add("consistency", Text(mount, "Consistency"));
        if (JsonBody.Object(mount, "BindOptions") is { } bind) AddBind(text, bind);
        if (JsonBody.Object(mount, "VolumeOptions") is { } volume) AddVolume(text, volume);
        if (JsonBody.Object(mount, "ImageOptions") is { } image) text.Add("image-subpath", Text(image, "Subpath"));
        if (Number(tmpfs, "SizeBytes") is { } size and not 0)
            text.Add("tmpfs-size", size.ToString(CultureInfo.InvariantCulture));
        if (Number(tmpfs, "Mode") is { } mode and not 0) text.Add("tmpfs-mode", Convert.ToString(mode, 8));
        return text.ToString();
    }

    private static void AddBind(CsvText text, JsonElement bind)
    {
        text.Add("bind-propagation", Text(bind, "Propagation"))
            .Add("bind-create-src", Truth(bind, "CreateMountpoint") is true ? "true" : "");
        if (Truth(bind, "NonRecursive") is true) text.Add("bind-recursive", "disabled");
        else if (Truth(bind, "ReadOnlyForceRecursive") is true) text.Add("bind-recursive", "readonly");
        else if (Truth(bind, "ReadOnlyNonRecursive") is true) text.Add("bind-recursive", "writable");
    }

    private static void AddVolume(CsvText text, JsonElement volume)
    {
        text.Add("volume-nocopy", Truth(volume, "NoCopy") is true ? "true" : "")
            .Add("volume-subpath", Text(volume, "Subpath"));
        foreach (var (key, value) in Pairs(volume, "Labels"))
            text.Add("volume-label", $"{Part("Labels", key, '=')}={value}");
        if (JsonBody.Object(volume, "DriverConfig") is not { } driver) return;
        text.Add("volume-driver", Text(driver, "Name"));
        foreach (var (key, value) in Pairs(driver, "Options"))
            text.Add("volume-opt", $"{Part("Options", key, '=')}={value}");
    }
}
