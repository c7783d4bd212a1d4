// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// The part of Core Foundation that the library uses, so that its branch for macOS and iOS can be compiled and run elsewhere. Each object counts
// its owners; `fake_cf_objects` is the number of those that are alive.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using CFIndex = long;
using UInt8 = std::uint8_t;
using Boolean = unsigned char;
using OSStatus = std::int32_t;
using CFTypeRef = void const*;
using CFStringEncoding = std::uint32_t;

inline int fake_cf_objects = 0;

struct fake_cf_object
{
    fake_cf_object() { ++fake_cf_objects; }
    fake_cf_object(fake_cf_object const&) = delete;
    fake_cf_object& operator=(fake_cf_object const&) = delete;
    virtual ~fake_cf_object() { --fake_cf_objects; }

    mutable int owners = 1;
};

inline void CFRelease(CFTypeRef object)
{
    auto const* const released = static_cast<fake_cf_object const*>(object);
    if (--released->owners == 0)
        delete released;
}

struct __CFAllocator;
using CFAllocatorRef = __CFAllocator const*;

struct __CFData : fake_cf_object
{
    std::string bytes;
};
using CFDataRef = __CFData const*;

struct __CFString : fake_cf_object
{
    std::string text;
};
using CFStringRef = __CFString const*;

struct __CFArray : fake_cf_object
{
    ~__CFArray() override
    {
        for (CFTypeRef const value : values)
            CFRelease(value);
    }

    std::vector<CFTypeRef> values;
};
using CFArrayRef = __CFArray const*;
using CFMutableArrayRef = __CFArray*;

struct __CFError;
using CFErrorRef = __CFError*;

struct CFArrayCallBacks
{};
inline CFArrayCallBacks const kCFTypeArrayCallBacks;
inline CFStringEncoding const kCFStringEncodingUTF8 = 0x08000100;

inline CFDataRef CFDataCreate(CFAllocatorRef, UInt8 const* bytes, CFIndex size)
{
    auto* const made = new __CFData;
    made->bytes.assign(reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size));
    return made;
}

inline CFStringRef CFStringCreateWithCString(CFAllocatorRef, char const* text, CFStringEncoding)
{
    auto* const made = new __CFString;
    made->text = text;
    return made;
}

inline CFMutableArrayRef CFArrayCreateMutable(CFAllocatorRef, CFIndex, CFArrayCallBacks const*)
{
    return new __CFArray;
}

inline void CFArrayAppendValue(CFMutableArrayRef array, CFTypeRef value)
{
    ++static_cast<fake_cf_object const*>(value)->owners;
    array->values.push_back(value);
}
