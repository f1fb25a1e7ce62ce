# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion of baton(8). Commands come from `baton help`, services from /etc/baton.
_baton()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} before='' name words=
	# --output=NAME comes as three words.
	if [ "$cur" = = ]; then
		cur=
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [ "$COMP_CWORD" -eq 1 ]; then
		words=$("${COMP_WORDS[0]}" help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
	elif [[ $command != metrics && ($prev == -o || $prev == --output) ]]; then
		# Of COLUMN,... the last.
		before=${cur%"${cur##*[+,]}"}
		cur=${cur#"$before"}
		cur=${cur^^}
		words=$("${COMP_WORDS[0]}" "$command" --help 2>/dev/null |
			sed -n 's/^  \([A-Z][A-Z-]*\)  *[^ ].*/\1/p')
		compopt -o nospace 2>/dev/null
	elif [[ $cur == -* ]]; then
		words=$("${COMP_WORDS[0]}" "$command" --help 2>/dev/null |
			grep -oE -- '--[a-z][a-z-]*' | sort -u)
	else
		case $command in
		help | version | metrics | sever | release | tickle | record)
			return
			;;
		import)
			compopt -o default 2>/dev/null
			return
			;;
		probe)
			compopt -o dirnames 2>/dev/null
			return
			;;
		esac
		# The head is the second word that is no option, or the only one; Pacemaker knows
		# the heads.
		local word seen=0
		for word in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
			[[ $word == -* ]] || seen=$((seen + 1))
		done
		if [[ $command == move && $seen -gt 0 ]] ||
			[[ $command =~ ^(evacuate|return)$ && $prev != --order ]]; then
			words=$(crm_node --list 2>/dev/null | cut -d ' ' -f 2)
			mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
			return
		fi
		for name in "${BATON_CONFDIR:-/etc/baton}"/*.conf; do
			[ -e "$name" ] || continue
			name=${name##*/}
			words="$words ${name%.conf}"
		done
	fi
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "$words" -- "$cur")
}
complete -F _baton baton
