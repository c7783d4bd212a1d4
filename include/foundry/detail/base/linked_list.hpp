// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <cstddef>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Base of the elements of a `linked_list`. An element is in one list at a time.
template <class T>
struct list_links
{
    T* before = nullptr;
    T* after = nullptr;
};

/// A list of reference-counted objects that contain the links themselves: no operation allocates, and each takes the same time however
/// long the list is. The list owns a reference to each element.
template <class T>
class linked_list
{
public:
    linked_list() = default;
    linked_list(linked_list&& other) noexcept
        : front_(std::exchange(other.front_, nullptr)),
          back_(std::exchange(other.back_, nullptr)),
          size_(std::exchange(other.size_, 0))
    {}
    linked_list& operator=(linked_list other) noexcept
    {
        std::swap(front_, other.front_);
        std::swap(back_, other.back_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~linked_list()
    {
        while (front_ != nullptr)
            pop_front();
    }

    T* front() const noexcept { return front_; }
    T* back() const noexcept { return back_; }
    std::size_t size() const noexcept { return size_; }

    void push_front(boost::intrusive_ptr<T> added) noexcept
    {
        T* const element = added.detach();
        element->before = nullptr;
        element->after = front_;
        (front_ != nullptr ? front_->before : back_) = element;
        front_ = element;
        ++size_;
    }
    void push_back(boost::intrusive_ptr<T> added) noexcept
    {
        T* const element = added.detach();
        element->before = back_;
        element->after = nullptr;
        (back_ != nullptr ? back_->after : front_) = element;
        back_ = element;
        ++size_;
    }

    /// Null if the list is empty.
    boost::intrusive_ptr<T> pop_front() noexcept { return take(front_); }
    boost::intrusive_ptr<T> pop_back() noexcept { return take(back_); }

    /// Removes an element of this list.
    boost::intrusive_ptr<T> take(T* element) noexcept
    {
        if (element == nullptr)
            return nullptr;
        (element->before != nullptr ? element->before->after : front_) = element->after;
        (element->after != nullptr ? element->after->before : back_) = element->before;
        element->before = element->after = nullptr;
        --size_;
        return boost::intrusive_ptr<T>(element, false);
    }

private:
    T* front_ = nullptr;
    T* back_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace foundry::inline FOUNDRY_ABI::detail
