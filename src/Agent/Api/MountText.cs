using System.Globalization;
using System.Text.Json;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>A mount of HostConfig.Mounts as the value of <c>--mount</c> that means the same.</summary>
internal static class MountText
{
    /// <summary>The value.</summary>
    public static string Of(JsonElement mount)
    {
        CsvText text = new CsvText().Add("type", Text(mount, "Type")).Add("source", Text(mount, "Source"))
            .Add("target", Text(mount, "Target")).Add("readonly", Truth(mount, "ReadOnly") is true ? "true" : "")
            .Add("consistency", Text(mount, "Consistency"));
        if (JsonBody.Object(mount, "BindOptions") is { } bind) AddBind(text, bind);
        if (JsonBody.Object(mount, "VolumeOptions") is { } volume) AddVolume(text, volume);
        if (JsonBody.Object(mount, "ImageOptions") is { } image) text.Add("image-subpath", Text(image, "Subpath"));
        if (JsonBody.Object(mount, "TmpfsOptions") is { } tmpfs)
        {
            if (Number(tmpfs, "SizeBytes") is { } size and not 0)
                text.Add("tmpfs-size", size.ToString(CultureInfo.InvariantCulture));
            if (Number(tmpfs, "Mode") is { } mode and not 0) text.Add("tmpfs-mode", Convert.ToString(mode, 8));
        }
        return text.ToString();
    }

    private static void AddBind(CsvText text, JsonElement bind)
    {
        text.Add("bind-propagation", Text(bind, "Propagation"));
        if (Truth(bind, "NonRecursive") is true) text.Add("bind-recursive", "disabled");
        else if (Truth(bind, "ReadOnlyForceRecursive") is true) text.Add("bind-recursive", "readonly");
        else if (Truth(bind, "ReadOnlyNonRecursive") is true) text.Add("bind-recursive", "writable");
    }

    private static void AddVolume(CsvText text, JsonElement volume)
    {
        text.Add("volume-nocopy", Truth(volume, "NoCopy") is true ? "true" : "")
            .Add("volume-subpath", Text(volume, "Subpath"));
        foreach (var (key, value) in Pairs(volume, "Labels")) text.Add("volume-label", $"{key}={value}");
        if (JsonBody.Object(volume, "DriverConfig") is not { } driver) return;
        text.Add("volume-driver", Text(driver, "Name"));
        foreach (var (key, value) in Pairs(driver, "Options")) text.Add("volume-opt", $"{key}={value}");
    }
}
