namespace Skiff.Interop.Processes;

internal static partial class UserNamespaceCode
{
    /// <summary>What keeps one for arm64; assembled from hold.arm64.S beside the tests, which compare.</summary>
    internal static ReadOnlySpan<byte> HoldArm64 =>
    [
        // hold:
        0x00, 0x00, 0x80, 0xD2,                                 // mov x0,
        0xE1, 0x43, 0x00, 0xD1,                                 // sub x1, sp,
        0x22, 0x00, 0x80, 0xD2,                                 // mov x2,
        0xE8, 0x07, 0x80, 0xD2,                                 // mov x8,
        0x01, 0x00, 0x00, 0xD4,                                 // svc
        0x1F, 0x04, 0x00, 0xF1,                                 // cmp x0,
        0x01, 0x01, 0x00, 0x54,                                 // b.ne exit
        // wait:
        0x00, 0x00, 0x80, 0xD2,                                 // mov x0,
        0x01, 0x00, 0x80, 0xD2,                                 // mov x1,
        0x02, 0x00, 0x80, 0xD2,                                 // mov x2,
        0x03, 0x00, 0x80, 0xD2,                                 // mov x3,
        0x28, 0x09, 0x80, 0xD2,                                 // mov x8,
        0x01, 0x00, 0x00, 0xD4,                                 // svc
        0xFA, 0xFF, 0xFF, 0x17,                                 // b wait
        // exit:
        0x20, 0x00, 0x80, 0xD2,                                 // mov x0,
        0xC8, 0x0B, 0x80, 0xD2,                                 // mov x8,
        0x01, 0x00, 0x00, 0xD4,                                 // svc
        0x20, 0x00, 0x20, 0xD4,                                 // brk
    ];

    /// <summary>The way in for arm64; assembled from enter.arm64.S beside the tests, which compare.</summary>
    internal static ReadOnlySpan<byte> EnterArm64 =>
    [
        // enter:
        0xD3, 0x03, 0x00, 0x10,                                 // adr x19, table
        0x60, 0x02, 0x40, 0xB9,                                 // ldr w0, [x19]
        0x01, 0x00, 0xA2, 0xD2,                                 // mov x1,
        0x88, 0x21, 0x80, 0xD2,                                 // mov x8,
        0x01, 0x00, 0x00, 0xD4,                                 // svc
        0xE0, 0x01, 0xF8, 0xB7,                                 // tbnz x0,
        0x60, 0x02, 0x40, 0xB9,                                 // ldr w0, [x19]
        0x28, 0x07, 0x80, 0xD2,                                 // mov x8,
        0x01, 0x00, 0x00, 0xD4,                                 // svc
        0x40, 0x00, 0xA0, 0xD2,                                 // mov x0,
        0x28, 0x0C, 0x80, 0xD2,                                 // mov x8,
        0x01, 0x00, 0x00, 0xD4,                                 // svc
        0x00, 0x01, 0xF8, 0xB7,                                 // tbnz x0,
        0x60, 0x06, 0x40, 0xF9,                                 // ldr x0, [x19,
        0xE9, 0x03, 0x40, 0xF9,                                 // ldr x9, [sp]
        0xE1, 0x23, 0x00, 0x91,                                 // add x1, sp,
        0xE2, 0x6F, 0x29, 0x8B,                                 // add x2, sp, x9, lsl
        0x42, 0x40, 0x00, 0x91,                                 // add x2, x2,
        0xA8, 0x1B, 0x80, 0xD2,                                 // mov x8,
        0x01, 0x00, 0x00, 0xD4,                                 // svc
        // fail:
        0x40, 0x00, 0x80, 0xD2,                                 // mov x0,
        0x61, 0x0A, 0x40, 0xF9,                                 // ldr x1, [x19,
        0x62, 0x0E, 0x40, 0xF9,                                 // ldr x2, [x19,
        0x08, 0x08, 0x80, 0xD2,                                 // mov x8,
        0x01, 0x00, 0x00, 0xD4,                                 // svc
        0xA0, 0x0F, 0x80, 0xD2,                                 // mov x0,
        0xC8, 0x0B, 0x80, 0xD2,                                 // mov x8,
        0x01, 0x00, 0x00, 0xD4,                                 // svc
        0x20, 0x00, 0x20, 0xD4,                                 // brk
        0x1F, 0x20, 0x03, 0xD5,                                 // nop
    ];
}
