#pragma once

// The accessors of tables.h for the C++ types of generated structs. Only generated code includes this.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wire/box.h"
#include "wire/tables.h"

namespace martlet::wire {

/// A slot that always holds its value: a required member, the element of a dense list.
inline constexpr SlotAccess kPlainSlot{
    .find = [](void* slot) { return slot; },
    .emplace = [](void* slot, const Shape&) { return slot; },
};

/// std::optional<T> or Box<T>.
template <class Holder>
inline constexpr SlotAccess kHolderSlot{
    .find = [](void* slot) -> void* {
      auto& holder = *static_cast<Holder*>(slot);
      return holder.has_value() ? &*holder : nullptr;
    },
    .emplace = [](void* slot, const Shape&) -> void* {
      auto& holder = *static_cast<Holder*>(slot);
      return holder.has_value() ? &*holder : &holder.emplace();
    },
};

template <class T>
inline constexpr SlotAccess kOptionalSlot = kHolderSlot<std::optional<T>>;
template <class T>
inline constexpr SlotAccess kBoxSlot = kHolderSlot<Box<T>>;

/// std::vector<T> or std::deque<T>.
template <class List>
inline constexpr ListAccess kList{
    .size = [](const void* list) { return static_cast<const List*>(list)->size(); },
    .at = [](void* list, std::size_t index) -> void* { return &(*static_cast<List*>(list))[index]; },
    .append = [](void* list, const Shape&) -> void* { return &static_cast<List*>(list)->emplace_back(); },
};

/// std::map<std::string, T>.
template <class Map>
inline constexpr MapAccess kMap{
    .size = [](const void* map) { return static_cast<const Map*>(map)->size(); },
    .each =
        [](void* map, void* visitor, MapAccess::Visit visit) {
          for (auto& [key, value] : *static_cast<Map*>(map)) visit(visitor, key, &value);
        },
    .insert = [](void* map, const Shape&, std::string key) -> void* {
      return &(*static_cast<Map*>(map))[std::move(key)];
    },
};

template <class T>
inline constexpr Storage kStorage{
    .make = [](const Shape&) -> void* { return new T(); },
    .drop = [](const Shape&, void* value) { delete static_cast<T*>(value); },
};

}  // namespace martlet::wire
